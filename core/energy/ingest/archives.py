"""Files that hold files: zip archives and workbooks. Each file in one is a file of its own.

What lies packed in them is read in constant memory, and no more of it than is plausible.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from core.energy.ingest.source import FETCH, GZIP, MAX_RATIO, MAX_UNPACKED, Again, Counted, GzipReader, Reader, Refused

ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
PACKED = "packed.zip"
"""The archive itself, beside its files while they are read."""
MAX_PACKED = 256 * 1024 * 1024
"""Bytes of an archive, which is kept on disk while it is read."""
MAX_MEMBERS = 200
"""Files of an archive."""
MAX_DIRECTORY = 1024 * 1024
"""Bytes of an archive's table of contents, which is held in memory."""
_RATIO_FLOOR = 64 * 1024 * 1024
_GLIMPSE = 256 * 1024
_LOCAL = 30
"""Bytes of what stands before a file's name in a zip archive (PKWARE's APPNOTE, 4.3.7)."""
_SHEETS = "xl/worksheets/"


@dataclass(frozen=True, slots=True)
class Part:
    """A file, or one of an archive's with its name there; why it can't be read, where it can't."""

    name: str | None
    reader: Reader
    flaw: str | None = None


class Member:
    """A reader of one file of an archive. Raises `Refused` for what is damaged, locked or implausibly large."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        if info.flag_bits & 1:
            raise Refused(f"{info.filename} is locked with a password; unlock it, and send it again")
        self._name, self._packed = info.filename, info.compress_size
        try:
            self._stream = archive.open(info)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise Refused(f"{info.filename} in the archive can't be unpacked ({error}); pack it again as zip") from None
        self._unpacked = 0

    def read_into(self, target: memoryview) -> int:
        try:
            data = self._stream.read(min(len(target), FETCH))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
            raise Refused(f"{self._name} in the archive is damaged ({error}); send it again") from None
        self._unpacked += len(data)
        if self._unpacked > min(MAX_UNPACKED, max(_RATIO_FLOOR, MAX_RATIO * self._packed)):
            raise Refused(f"{self._name} unpacks to more than {MAX_RATIO} times its size; that is no file of readings")
        target[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()


class Nothing:
    """A reader of what can't be read."""

    def read_into(self, target: memoryview) -> int:
        del target
        return 0


def parts(reader: Counted, folder: Path) -> Generator[Part, None, None]:
    """The file, or the files of an archive, told by the first bytes and not by a name. `folder` is for what is packed.

    A file of an archive can be read only until the next one is asked for, or the generator is closed or let go of.
    Raises `Refused` for an archive that can't be read at all.
    """
    first, again = _peek(reader, FETCH)
    if first[: len(GZIP)] == GZIP:
        yield from _unpacked(GzipReader(again, reader))
    elif first[: len(ZIP)] in (ZIP, _EMPTY_ZIP):
        yield from _archive(again, folder)
    else:
        yield Part(None, again)


def glimpse(start: bytes) -> Part:
    """The first file of what begins so, as far as it goes. Raises `Refused` where only the whole shows anything."""
    name = None
    if start[: len(GZIP)] == GZIP:
        start = _inflated(start, 31)
    elif start[: len(ZIP)] == ZIP and len(start) > _LOCAL:
        flags, method = struct.unpack_from("<HH", start, 6)
        length, extra = struct.unpack_from("<HH", start, 26)
        name = start[_LOCAL : _LOCAL + length].decode("utf-8", "replace")
        if name == "[Content_Types].xml" or name.startswith(("xl/", "_rels/", "docProps/")):
            raise Refused("a workbook shows what it holds only as a whole; it is read when it is sent")
        if flags & 1 or method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused("what is packed so shows what it holds only as a whole; it is read when it is sent")
        data = start[_LOCAL + length + extra :]
        start = data if method == zipfile.ZIP_STORED else _inflated(data, -15)
    first = memoryview(bytearray(start))
    return Part(name, Again(first, Nothing()))


def _inflated(packed: bytes, wbits: int) -> bytes:
    """The beginning of what is packed."""
    try:
        return zlib.decompressobj(wbits=wbits).decompress(packed, _GLIMPSE)
    except zlib.error as error:
        raise Refused(f"the file is damaged ({error}); send it again") from None


def _unpacked(reader: Reader) -> Iterator[Part]:
    first, again = _peek(reader)
    if first[: len(ZIP)] == ZIP:
        raise Refused("the gzip file holds a zip archive; send the zip by itself")
    yield Part(None, again)


def _peek(reader: Reader, size: int = 64 * 1024) -> tuple[memoryview, Reader]:
    """The first bytes, as many as come at once, and a reader of all."""
    first = memoryview(bytearray(size))
    first = first[: reader.read_into(first)]
    return first, Again(first, reader)


def _archive(reader: Reader, folder: Path) -> Iterator[Part]:
    path = folder / PACKED
    buffer = memoryview(bytearray(FETCH))
    size = 0
    with path.open("wb") as stream:
        while taken := reader.read_into(buffer):
            size += taken
            if size > MAX_PACKED:
                raise Refused(
                    f"the archive has more than {MAX_PACKED >> 20} MiB; send it in parts, or its files as .gz"
                )
            stream.write(buffer[:taken])
    _refuse_directory(path)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Refused(f"the zip archive is damaged ({error}); send it again") from None
    with archive:
        found = [info for info in archive.infolist() if not info.is_dir()]
        if any(info.filename.startswith(_SHEETS) for info in found):
            from core.energy.ingest.workbook import sheets  # only who sends a workbook pays for its reader

            yield from sheets(archive, path)
            return
        if not found:
            raise Refused("the zip archive holds no file")
        for info in found:
            yield from _member(archive, info)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[Part]:
    """One file of an archive, or why it can't be read."""
    try:
        member = Member(archive, info)
    except Refused as refused:
        yield Part(info.filename, Nothing(), str(refused))
        return
    with closing(member):
        try:
            first, again = _peek(member)
        except Refused as refused:
            yield Part(info.filename, Nothing(), str(refused))
            return
        if first[: len(ZIP)] == ZIP or first[: len(GZIP)] == GZIP:
            yield Part(info.filename, Nothing(), "the file is packed again within the archive; send it by itself")
            return
        yield Part(info.filename, again)


def _refuse_directory(path: Path) -> None:
    """Raise `Refused` for a table of contents with too many files, before it is read into memory."""
    with path.open("rb") as stream:
        size = path.stat().st_size
        stream.seek(max(0, size - 66_000))
        tail = stream.read()
    at = tail.rfind(_EMPTY_ZIP)
    if at < 0 or len(tail) < at + 22:
        raise Refused("the zip archive is cut off: its end is missing; send it again")
    files, length = struct.unpack_from("<HI", tail, at + 10)
    if files > MAX_MEMBERS or length > MAX_DIRECTORY:
        raise Refused(f"the archive holds more than {MAX_MEMBERS} files; send it in parts")
