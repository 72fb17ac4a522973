"""What a file is that is none of readings, by its first bytes, in words for the person who sent it."""

from __future__ import annotations

import re

_KINDS = (
    (b"%PDF", "a PDF; ask for the data as CSV"),
    (b"\x89PNG", "a picture (PNG), not data"),
    (b"\xff\xd8\xff", "a picture (JPEG), not data"),
    (b"\xff\xfe", "UTF-16 text; save it as UTF-8 (in Excel: CSV UTF-8)"),
    (b"\xfe\xff", "UTF-16 text; save it as UTF-8 (in Excel: CSV UTF-8)"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls); save the sheet as CSV"),
    (b"PAR1", "a Parquet file; send CSV"),
)


def other_kind(start: bytes) -> str | None:
    """Why a file that begins so can't be used, or None when it may be text."""
    if start.startswith(b"PK\x03\x04"):
        if b"[Content_Types].xml" in start or b"xl/" in start:
            return "the file is an Excel workbook (.xlsx); save the sheet as CSV"
        return "the file is a zip archive; unpack it, and send what is in it"
    for magic, what in _KINDS:
        if start.startswith(magic):
            return f"the file is {what}"
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "the file is a web page, perhaps a login page; sign in where you got it, and download the data again"
    if re.match(rb"[\[{]\s*[\"\[{\]}]", text):
        return "the file is JSON; send CSV"
    if text.startswith(b"<"):
        return "the file is XML; send CSV"
    return None
