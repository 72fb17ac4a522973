"""The static site, served from a folder by the rules that a bucket with a CDN follows."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from urllib.parse import unquote

from core.http import Request, Response

_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'"),
    ("Cache-Control", "no-cache"),
)


class Site:
    """`/` is index.html; what does not exist is the error page 404.html with status 404."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def handle(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response(405, (("Allow", "GET, HEAD"), *_HEADERS))
        name = unquote(request.path, errors="replace").lstrip("/") or "index.html"
        file = self._find(name)
        status, file = (200, file) if file else (404, self._find("404.html"))
        body = file.read_bytes() if file else b"not found"
        media_type = mimetypes.guess_type(file.name)[0] if file else None
        if media_type in ("text/html", "text/css", "text/javascript"):
            media_type += "; charset=utf-8"
        headers = (("Content-Type", media_type or "application/octet-stream"), *_HEADERS)
        return Response(status, headers, b"" if request.method == "HEAD" else body)

    def _find(self, name: str) -> Path | None:
        try:
            path = (self._folder / name).resolve()
            return path if path.is_relative_to(self._folder) and path.is_file() else None
        except (OSError, ValueError):
            # Too long for a file name, or a NUL in it: there is no such file.
            return None
