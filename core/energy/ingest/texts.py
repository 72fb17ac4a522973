"""A file's bytes as UTF-8 text with line feeds: other encodings and line ends are told by how it begins."""

from __future__ import annotations

import codecs
import re

from core.energy.ingest.source import BOM, Again, Reader, behind

LOOKED_AT = 128 * 1024
"""Bytes by which a file's text is told."""
_CHUNK = 256 * 1024
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class Decoded:
    """A reader of text that is no UTF-8."""

    def __init__(self, packed: Reader, encoding: str, *, skip: int = 0) -> None:
        self._packed = packed
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._buffer = memoryview(bytearray(_CHUNK))
        self._held = memoryview(b"")
        self._skip = skip
        self._ended = False

    def read_into(self, target: memoryview) -> int:
        while not self._held and not self._ended:
            taken = self._packed.read_into(self._buffer)
            self._ended = not taken
            data = bytes(self._buffer[min(self._skip, taken) : taken])
            self._skip -= min(self._skip, taken)
            self._held = memoryview(self._decoder.decode(data, final=self._ended).encode())
        taken = min(len(self._held), len(target))
        target[:taken] = self._held[:taken]
        self._held = self._held[taken:]
        return taken


class LineFeeds:
    """A reader of lines that end with carriage returns."""

    def __init__(self, packed: Reader) -> None:
        self._packed = packed

    def read_into(self, target: memoryview) -> int:
        taken = self._packed.read_into(target)
        target[:taken] = bytes(target[:taken]).replace(b"\r", b"\n")
        return taken


def begin(reader: Reader, size: int = LOOKED_AT) -> tuple[bytes, Reader]:
    """The first bytes of a file, and a reader of all of it."""
    buffer = memoryview(bytearray(size))
    filled = 0
    while filled < size and (taken := reader.read_into(buffer[filled:])):
        filled += taken
    return bytes(buffer[:filled]), Again(buffer[:filled], reader)


def as_text(reader: Reader) -> tuple[bytes, Reader, list[str]]:
    """The first bytes of a file's text, a reader of all of it, and what is assumed of it."""
    start, reader = begin(reader)
    told = []
    encoding, skip = _encoding(start)
    if encoding:
        reader = Decoded(reader, encoding, skip=skip)
        told.append(f"the text is {'Windows-1252' if encoding == 'cp1252' else 'UTF-16'}, as its bytes show")
        start, reader = begin(reader)
    elif start.startswith(BOM):
        start = start[len(BOM) :]
        reader = behind(reader, len(BOM))
    if b"\r" in start and b"\n" not in start:
        reader = LineFeeds(reader)
        start = start.replace(b"\r", b"\n")
    return start, reader, told


def is_utf8(start: bytes) -> bool:
    """Whether a text that begins so may be UTF-8; its last character may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return True


def _encoding(start: bytes) -> tuple[str | None, int]:
    """What a text is encoded in, None for UTF-8; and how many bytes of a mark stand before it."""
    for mark, encoding in _UTF16.items():
        if start.startswith(mark):
            return encoding, len(mark)
    sample = start[:400]
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        # Of text in letters of Europe every other byte is nothing.
        if len(sample) > 3 and not any(sample[offset::2]) and all(sample[1 - offset :: 2]):
            return encoding, 0
    # The bytes that Windows-1252 has not are no letters of any text.
    if is_utf8(start) or re.search(rb"[\x81\x8d\x8f\x90\x9d]", start):
        return None, 0
    return "cp1252", 0
