"""The static site, served from a folder by the rules that the Terraform roots give the clouds' hosting."""

from __future__ import annotations

import gzip
import mimetypes
from pathlib import Path
from urllib.parse import unquote

from core.kernel.http import Request, Response, takes_gzip

_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    (
        "Content-Security-Policy",
        "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    ),
)


class Site:
    """A path whose last part has no ending is a view of the page, index.html; a missing file is 404.html with 404.

    Names under `assets/` hold a hash of their content, and may be kept for a year.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def handle(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response(405, (("Allow", "GET, HEAD"), *_HEADERS))
        name = unquote(request.path, errors="replace").lstrip("/")
        if "." not in name.rpartition("/")[2]:
            name = "index.html"
        file = self._find(name)
        status, file = (200, file) if file else (404, self._find("404.html"))
        body = file.read_bytes() if file else b"There is no site here: build it with nox -s site"
        media_type = mimetypes.guess_type(file.name)[0] if file else None
        if media_type in ("text/html", "text/css", "text/javascript"):
            media_type += "; charset=utf-8"
        body, coding = _coded(body, media_type, request)
        kept = status == 200 and name.startswith("assets/")
        caching = "public, max-age=31536000, immutable" if kept else "no-cache"
        media_type = media_type or "application/octet-stream"
        headers = (("Content-Type", media_type), ("Cache-Control", caching), *coding, *_HEADERS)
        return Response(status, headers, b"" if request.method == "HEAD" else body)

    def _find(self, name: str) -> Path | None:
        try:
            path = (self._folder / name).resolve()
            return path if path.is_relative_to(self._folder) and path.is_file() else None
        except (OSError, ValueError):
            # Too long for a file name, or a NUL in it: there is no such file.
            return None


def _coded(body: bytes, media_type: str | None, request: Request) -> tuple[bytes, tuple[tuple[str, str], ...]]:
    """Text is compressed for those who take gzip, as a CDN does."""
    if not (media_type or "").startswith(("text/", "application/json", "image/svg")):
        return body, ()
    if not takes_gzip(request):
        return body, (("Vary", "Accept-Encoding"),)
    return gzip.compress(body, mtime=0), (("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
