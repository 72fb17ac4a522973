"""The API's page: what `/api/openapi.json` says, to read and to try, drawn by Swagger UI.

All that it needs lies in the folder `page` beside this module, so that nothing is asked of any other place. Only
requests for it import this module.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path

from msgspec import Struct

from core.kernel.errors import not_found
from core.kernel.http import Request, Response, takes_gzip

FOLDER = Path(__file__).parent / "page"
SWAGGER_UI = FOLDER / "swagger_ui"
"""Files of a release of npm's swagger-ui-dist, as they are; `component.json` says of which, with their hashes."""
FILES = {
    "swagger-ui-bundle.js": (SWAGGER_UI, "text/javascript; charset=utf-8"),
    # The bundle's first line names this one: the licences of what it is made of, to be given along with it.
    "swagger-ui-bundle.js.LICENSE.txt": (SWAGGER_UI, "text/plain; charset=utf-8"),
    "swagger-ui.css": (SWAGGER_UI, "text/css; charset=utf-8"),
    "start.js": (FOLDER, "text/javascript; charset=utf-8"),
    "start.css": (FOLDER, "text/css; charset=utf-8"),
}
HEADERS = (
    # Swagger UI's style sheet has its icons in itself, as data.
    (
        "Content-Security-Policy",
        (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
            " frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
        ),
    ),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
)
_FOR_A_YEAR = ("Cache-Control", "public, max-age=31536000, immutable")


class File(Struct, frozen=True):
    """A file of the page, as it is and packed by gzip."""

    media_type: str
    body: bytes
    packed: bytes


def page(title: str) -> Response:
    """The page of a function set; it asks for its files under a path that changes with any of them."""
    where = f"/api/docs/{version()}"
    body = (FOLDER / "index.html").read_text().format(title=escape(title), where=where).encode()
    described = (("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-cache"))
    return Response(200, (*described, *HEADERS), body)


def file(request: Request, of: str, name: str) -> Response:
    """A file of the page at the version `of`. Raises `TrefoilError(NOT_FOUND)` for another name or version."""
    if of != version() or name not in FILES:
        raise not_found(f"file {name!r} of the page at {of!r}")
    found = _files()[name]
    described = (("Content-Type", found.media_type), _FOR_A_YEAR, ("Vary", "Accept-Encoding"), *HEADERS)
    if not takes_gzip(request):
        return Response(200, described, found.body)
    return Response(200, (*described, ("Content-Encoding", "gzip")), found.packed)


@cache
def version() -> str:
    """What tells these files from those of any other release."""
    digest = sha256()
    for name, (folder, _) in FILES.items():
        digest.update(name.encode() + (folder / name).read_bytes())
    return digest.hexdigest()[:16]


@cache
def _files() -> Mapping[str, File]:
    read = {name: (media_type, (folder / name).read_bytes()) for name, (folder, media_type) in FILES.items()}
    return {name: File(media_type, body, gzip.compress(body, mtime=0)) for name, (media_type, body) in read.items()}
