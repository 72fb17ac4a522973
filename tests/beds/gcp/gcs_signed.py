"""V4 signed URLs of Cloud Storage, verified as the service does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.beds.gcp.gcs_backend import Request

ALGORITHM = "GOOG4-RSA-SHA256"
LONGEST = 7 * 24 * 3600
SERVICE_HOST = "storage.googleapis.com"  # object_store signs for it whatever its base URL is
PARAMETERS = ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders")


class Refused(Exception):
    """A request that the signature does not allow: HTTP status, error code, message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Signatures:
    """Checks signed requests with the public keys (PEM) of the service accounts, by e-mail address."""

    def __init__(self, service_accounts: Mapping[str, str]) -> None:
        self._keys = {email: _public_key(pem) for email, pem in service_accounts.items()}

    def check(self, request: Request) -> None:
        """Raises `Refused` if the URL is signed and the signature does not cover this request now."""
        if "X-Goog-Signature" not in request.query:
            return
        algorithm, credential, date, expires, signed = (_parameter(request, name) for name in PARAMETERS)
        if algorithm != ALGORITHM:
            raise Refused(400, "InvalidArgument", f"the algorithm must be {ALGORITHM}")
        _check_time(date, expires)
        email, _, scope = credential.partition("/")
        key = self._keys.get(email)
        if key is None:
            raise Refused(403, "AccessDenied", f"unknown service account {email}")
        for host in (request.header("host") or "", SERVICE_HOST):
            digest = sha256(_canonical(request, signed.split(";"), host).encode()).hexdigest()
            if _verifies(key, request.query["X-Goog-Signature"], f"{ALGORITHM}\n{date}\n{scope}\n{digest}"):
                return
        raise Refused(403, "SignatureDoesNotMatch", "Access denied.")


def _public_key(pem: str) -> rsa.RSAPublicKey:
    key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("a service account's key must be an RSA key")
    return key


def _parameter(request: Request, name: str) -> str:
    try:
        return request.query[f"X-Goog-{name}"]
    except KeyError:
        raise Refused(400, "InvalidArgument", f"X-Goog-{name} is missing") from None


def _check_time(date: str, expires: str) -> None:
    try:
        start = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        seconds = int(expires)
    except ValueError:
        raise Refused(400, "InvalidArgument", "X-Goog-Date or X-Goog-Expires can't be read") from None
    if not 0 < seconds <= LONGEST:
        raise Refused(400, "InvalidArgument", f"X-Goog-Expires must be 1 to {LONGEST}")
    if datetime.now(UTC) > start + timedelta(seconds=seconds):
        raise Refused(400, "ExpiredToken", "The provided token has expired.")


def _canonical(request: Request, signed: list[str], host: str) -> str:
    """The canonical request; a signed header that was not sent counts as empty, which never matches."""
    pairs = sorted(
        (quote(name, safe="~"), quote(value, safe="~"))
        for name, value in request.query.items()
        if name != "X-Goog-Signature"
    )
    query = "&".join(f"{name}={value}" for name, value in pairs)
    values = {name: host if name == "host" else request.header(name) or "" for name in signed}
    headers = "".join(f"{name}:{re.sub(' +', ' ', value.strip())}\n" for name, value in values.items())
    payload = request.header("x-goog-content-sha256") or "UNSIGNED-PAYLOAD"
    return "\n".join([request.method, request.path, query, headers, ";".join(signed), payload])


def _verifies(key: rsa.RSAPublicKey, signature: str, text: str) -> bool:
    try:
        key.verify(bytes.fromhex(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True
