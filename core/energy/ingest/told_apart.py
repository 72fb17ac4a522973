"""What a file is that is none of readings, by its first bytes, in words for the person who sent it."""

from __future__ import annotations

import re

_KINDS = (
    (b"%PDF", "a PDF; ask for the data as CSV"),
    (b"\x89PNG", "a picture (PNG), not data"),
    (b"\xff\xd8\xff", "a picture (JPEG), not data"),
    (b"GIF8", "a picture (GIF), not data"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls), or one with a password; save the sheet as CSV"),
    (b"PAR1", "a Parquet file; send CSV"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; pack it as zip"),
    (b"Rar!", "a RAR archive; pack it as zip"),
    (b"BZh", "packed by bzip2; pack it by gzip, or as zip"),
    (b"\xfd7zXZ", "packed by xz; pack it by gzip, or as zip"),
    (b"\x28\xb5\x2f\xfd", "packed by zstd; pack it by gzip, or as zip"),
    (b"PK\x03\x04", "a zip archive within another; send it by itself"),
    (b"\x1f\x8b", "packed by gzip twice; unpack it once"),
)
_PAGE = re.compile(
    rb"(?:<!--[\s\S]{0,2000}?-->\s*|<\?xml[^>]*\?>\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE
)


def other_kind(start: bytes) -> str | None:
    """Why a file that begins with these bytes can't be used, or None when it may be text."""
    return next((f"the file is {what}" for magic, what in _KINDS if start.startswith(magic)), None)


def page(start: bytes) -> str | None:
    """Why a text that begins so is none of readings; None when it may be one."""
    text = start.lstrip(b" \t\r\n")
    if not text:
        return "the file has nothing but white space"
    if _PAGE.match(text):
        return "the file is a web page, perhaps a login page; sign in where you got it, and download the data again"
    return None


def document(start: bytes) -> str | None:
    """Why a document of no layout that is known can't be used; None for other texts."""
    text = start.lstrip(b" \t\r\n")
    if re.match(rb"[\[{]\s*[\"\[{\]}]", text):
        return "the file is JSON, and none that is known (docs/formats.md); send CSV"
    if text.startswith(b"<"):
        return "the file is XML, and no Green Button data; send CSV"
    return None
