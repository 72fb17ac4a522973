"""The HTTP request and response that every adapter translates to and from."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from core.kernel.auth.authorizer import Principal, Refused

MAX_REQUEST_BODY = 1024 * 1024
"""Bytes of a request body; one more is answered with 413."""

MAX_RESPONSE_BODY = 4 * 1024 * 1024
"""Bytes of a response body; larger content is paged or goes through a signed URL."""

NO_STORE = ("Cache-Control", "no-store")
"""On what is somebody's own: no cache on the way may keep it, nor a browser on its disk."""
NO_SNIFF = ("X-Content-Type-Options", "nosniff")
_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # json.dumps makes one each time
_MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "gz": "application/gzip",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}
_UNFIT = re.compile(r"[\x00-\x1f\x7f/\\]+")
_UNPLAIN = re.compile(r"[^A-Za-z0-9._() -]+")


class Request(Struct, frozen=True):
    """One HTTP request.

    `path` is the raw path, still percent-encoded, so that `%2F` stays inside its segment. `query` is the raw query
    string without `?`. `headers` keeps order and repetition; names are lower case. `body` is never longer than
    `MAX_REQUEST_BODY` + 1: an adapter may stop reading there. `request_id` is the platform's own id of this call.
    `caller` is a verdict that the gateway's authorizer reached already; an adapter sets it only from what the platform
    alone can write, never from headers or body. None means that nobody has judged yet.
    """

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    request_id: str = ""
    caller: Principal | Refused | None = None

    def header(self, name: str) -> str | None:
        """The first value of a header, by its lower-case name."""
        return next((value for key, value in self.headers if key == name), None)

    def header_values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]


class Response(Struct, frozen=True):
    """One HTTP response. Header names are in canonical case and may repeat."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def with_headers(self, *extra: tuple[str, str]) -> Response:
        return Response(self.status, (*self.headers, *extra), self.body)

    def joined_headers(self) -> tuple[dict[str, str], list[str]]:
        """For platforms that take each name once: repeated headers joined by a comma (RFC 9110, section 5.3).

        Then the values of Set-Cookie, which may hold commas.
        """
        joined: dict[str, str] = {}
        cookies = []
        for name, value in self.headers:
            if name == "Set-Cookie":
                cookies.append(value)
            else:
                joined[name] = f"{joined[name]}, {value}" if name in joined else value
        return joined, cookies

    def text(self) -> tuple[str, bool]:
        """The body for platforms that take text: as it is, or, when it is not UTF-8, as base64 and True."""
        try:
            return self.body.decode(), False
        except UnicodeDecodeError:
            return self.base64(), True

    def base64(self) -> str:
        return base64.b64encode(self.body).decode()


def json_bytes(value: Any) -> bytes:
    """Compact UTF-8 JSON with the keys in the order given: the same bytes on every provider."""
    return _encoder.encode(value).encode(errors="backslashreplace")  # half a character as JSON's escape


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status, (("Content-Type", "application/json"), *(headers or {}).items()), json_bytes(value))


def takes_gzip(request: Request) -> bool:
    """Whether the client takes a body packed by gzip (RFC 9110, 12.5.3)."""
    for coding in ",".join(request.header_values("accept-encoding")).lower().replace(" ", "").split(","):
        name, _, weight = coding.partition(";q=")
        if name == "gzip":
            return not weight or weight.strip("0.") != ""  # q=0 says: not that one
    return False


class Attachment(Struct, frozen=True):
    """A download, by the name of the file that a browser makes of it."""

    name: str

    @property
    def disposition(self) -> str:
        """Content-Disposition: the name in ASCII, and whole where that is not the same (RFC 6266).

        A name that would lead into a folder, or that holds control characters, is made harmless.
        """
        from unicodedata import normalize  # only downloads have names

        whole = _UNFIT.sub("_", self.name).strip(" .") or "file"
        plain = _UNPLAIN.sub("_", normalize("NFKD", whole).encode("ascii", "ignore").decode()).strip(" .") or "file"
        named = f'attachment; filename="{plain}"'
        return named if plain == whole else f"{named}; filename*=UTF-8''{quote(whole, safe='', errors='replace')}"

    @property
    def media_type(self) -> str:
        """By the name's ending; of an ending that is not known, bytes."""
        return _MEDIA_TYPES.get(self.name.rpartition(".")[2].lower(), "application/octet-stream")
