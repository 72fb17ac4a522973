"""The signing key from Systems Manager's Parameter Store, without the weight of a whole SDK client."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from urllib.error import HTTPError, URLError

from core.config import ConfigError

SCHEME = "ssm:"
TIMEOUT = 3.0
"""Seconds for the one call; the keyring keeps the former keys when a later call fails."""


def read_key(reference: str, environment: Mapping[str, str]) -> str:
    """PEM text as it is, or the SecureString parameter that `ssm:/name` refers to.

    Raises `ConfigError` naming TREFOIL_SIGNING_KEY when the parameter can't be read.
    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
    """
    if not reference.startswith(SCHEME):
        return reference
    from botocore.auth import SigV4Auth  # 100 ms, paid only by a function that holds a reference
    from botocore.awsrequest import AWSRequest

    from adapters.aws.signer import credentials, region

    name = reference.removeprefix(SCHEME)
    where = environment.get("AWS_ENDPOINT_URL") or f"https://ssm.{region(environment)}.amazonaws.com"
    signed = AWSRequest(
        "POST",
        where.rstrip("/") + "/",
        data=json.dumps({"Name": name, "WithDecryption": True}),
        headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AmazonSSM.GetParameter"},
    )
    SigV4Auth(credentials(environment), "ssm", region(environment)).add_auth(signed)
    request = urllib.request.Request(signed.url, signed.data.encode(), dict(signed.headers), method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:  # noqa: S310  the scheme is fixed above
            return str(json.load(reply)["Parameter"]["Value"])
    except HTTPError as error:
        reason = json.loads(error.read() or b"{}").get("__type", error.reason)
        raise ConfigError("TREFOIL_SIGNING_KEY", f"parameter {name} can't be read: {reason}") from None
    except URLError as error:
        raise ConfigError("TREFOIL_SIGNING_KEY", f"parameter {name} can't be read: {error.reason}") from None
