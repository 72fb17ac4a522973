"""Reading an object as blocks of whole lines, in constant memory whatever its size or the length of its lines."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import obstore
from obstore.exceptions import PreconditionError

from core.energy.ingest.layouts.layout import Layout
from core.kernel.store import Store, failures

BLOCK = 6 * 1024 * 1024
FETCH = 4 * 1024 * 1024
"""Bytes of one ranged read: small enough that the memory of the last one is used again, large enough for a network."""
MAX_LINE = 64 * 1024
"""Bytes of a line; a longer one is a rejected row."""
MAX_UNPACKED = 16 * 1024**3
"""Bytes that a .gz may unpack to."""
MAX_RATIO = 250
"""How many times its own size a .gz may unpack to; meter readings reach about 40."""
_RATIO_FLOOR = 64 * 1024 * 1024
MAX_MEMBERS = 300_000
"""Members that a .gz may have: as many as make up `MAX_UNPACKED` in bgzip's blocks of 64 KiB."""
_CHUNK = 16 * 1024
"""Packed bytes that are looked at at once: what lies behind the end of a member is copied, and members may be tiny."""
GZIP = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"


class Refused(Exception):
    """The file can't be used at all. The message is for whoever sent it; `layout` is the file's, if it is known."""

    layout: Layout | None = None


class Gone(Exception):
    """The object was deleted or replaced while it was read."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, ending in a line feed except perhaps at the end of the file.

    `lines` counts them; `plain` says that there is no quote, no carriage return and no long line among them. `data` is
    valid only until the next block is asked for.
    """

    first_line: int
    lines: int
    plain: bool
    data: memoryview


@dataclass(frozen=True, slots=True)
class TooLong:
    """A line of more than `MAX_LINE` bytes that did not even fit a block."""

    line: int


class Reader(Protocol):
    """The bytes of an object in order: as many as there are, up to the size of `target`; 0 only at the end."""

    def read_into(self, target: memoryview) -> int: ...


class Counted(Reader, Protocol):
    """A reader that knows how many bytes it has read."""

    bytes_read: int


class ObjectReader:
    """Reads exactly one revision of an object, hashing what goes by.

    Raises `Gone` when the object has been deleted or replaced since `version` was seen.
    """

    def __init__(self, store: Store, key: str, *, size: int, version: str) -> None:
        self._store, self._key, self._size, self._version = store, key, size, version
        self._hash = hashlib.sha256()
        self.bytes_read = 0

    def read_into(self, target: memoryview) -> int:
        length = min(self._size - self.bytes_read, len(target), FETCH)
        if not length:
            return 0
        with failures(self._key):
            try:
                self._fetch(target[:length])
            except (FileNotFoundError, PreconditionError) as error:
                raise Gone(self._key) from error
        self.bytes_read += length
        self._hash.update(target[:length])
        return length

    def _fetch(self, target: memoryview) -> None:
        begin, end = self.bytes_read, self.bytes_read + len(target)
        if self._store.folder is not None:
            # Straight from the file into the buffer: no second copy, and no memory for it.
            with (self._store.folder / self._key).open("rb", buffering=0) as stream:
                stream.seek(begin)
                taken = stream.readinto(target)
            # Asked after the read: what was replaced before or during it is found out.
            found = obstore.head(self._store.client, self._key)["e_tag"] or ""
            if taken != len(target) or found != self._version:
                raise Gone(self._key)
            return
        options: obstore.GetOptions = {"range": (begin, end), "if_match": self._version}
        target[:] = memoryview(obstore.get(self._store.client, self._key, options=options).bytes())

    def sha256(self) -> str:
        """The digest of the bytes read so far."""
        return self._hash.hexdigest()


class GzipReader:
    """The unpacked bytes of a gzip file (RFC 1952), of several members too.

    Raises `Refused` for damaged or truncated data, and for implausibly many members or unpacked bytes.
    """

    def __init__(self, packed: Reader, counted: Counted) -> None:
        self._packed, self._counted = packed, counted
        self._inflate = zlib.decompressobj(wbits=31)
        self._buffer = memoryview(bytearray(1024 * 1024))
        self._held = self._buffer[:0]
        self._members = 1
        self._unpacked = 0

    def read_into(self, target: memoryview) -> int:
        while True:
            if not self._held:
                taken = self._packed.read_into(self._buffer)
                if not taken:
                    if self._counted.bytes_read and not self._inflate.eof:
                        raise Refused("the gzip file is truncated: its end is missing; send it again")
                    return 0
                self._held = self._buffer[:taken]
            chunk = bytes(self._held[:_CHUNK])
            if self._inflate.eof:
                # Another member may follow; zeros that pad a file are none.
                padding = len(chunk) - len(chunk.lstrip(b"\0"))
                if padding:
                    self._held = self._held[padding:]
                    continue
                self._begin_member()
            try:
                data = self._inflate.decompress(chunk, len(target))
            except zlib.error as error:
                raise Refused(f"the gzip file is damaged ({error}); send it again") from error
            left = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
            self._held = self._held[len(chunk) - len(left) :]
            self._unpacked += len(data)
            self._refuse_bomb()
            if data:
                target[: len(data)] = data
                return len(data)

    def _begin_member(self) -> None:
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise Refused(f"the gzip file has more than {MAX_MEMBERS:,} members; pack it again as one")
        self._inflate = zlib.decompressobj(wbits=31)

    def _refuse_bomb(self) -> None:
        if self._unpacked > MAX_UNPACKED:
            raise Refused(f"the gzip file unpacks to more than {MAX_UNPACKED >> 30} GiB; send it in parts")
        if self._unpacked > max(_RATIO_FLOOR, MAX_RATIO * self._counted.bytes_read):
            raise Refused(f"the gzip file unpacks to more than {MAX_RATIO} times its size; that is no file of readings")


class Again:
    """A reader whose first bytes were looked at."""

    def __init__(self, first: memoryview, rest: Reader) -> None:
        self._first, self._rest = first, rest

    def read_into(self, target: memoryview) -> int:
        if not self._first:
            return self._rest.read_into(target)
        taken = min(len(self._first), len(target))
        target[:taken] = self._first[:taken]
        # Nothing holds on to the memory once all of it was read.
        self._first = self._first[taken:] if taken < len(self._first) else memoryview(b"")
        return taken


def behind(reader: Reader, skipped: int) -> Reader:
    """The reader, after so many bytes."""
    buffer = memoryview(bytearray(min(skipped, FETCH)))
    while skipped and (taken := reader.read_into(buffer[:skipped])):
        skipped -= taken
    return reader


def blocks(reader: Reader) -> Iterator[Block | TooLong]:
    """The lines of a file in blocks of up to `BLOCK` bytes."""
    # One buffer for the whole file: fresh memory for each block would cost more than the copy.
    buffer = bytearray(BLOCK)
    held, line, skipping = 0, 1, False
    while True:
        filled = _fill(reader, buffer, held)
        at_end = filled < BLOCK
        if skipping:
            end = buffer.find(b"\n", 0, filled) + 1
            if not end and not at_end:
                held = 0
                continue
            end = end or filled
            buffer[: filled - end] = buffer[end:filled]
            filled -= end
            line, skipping = line + 1, False
        if at_end:
            if filled:
                unfinished = not buffer.endswith(b"\n", 0, filled)
                yield _block(buffer, filled, line, buffer.count(b"\n", 0, filled) + unfinished)
            return
        end = buffer.rfind(b"\n", 0, filled) + 1
        if end == 0 and filled == BLOCK:
            yield TooLong(line)
            held, skipping = 0, True
            continue
        if end:
            lines = buffer.count(b"\n", 0, end)
            yield _block(buffer, end, line, lines)
            line += lines
        buffer[: filled - end] = buffer[end:filled]
        held = filled - end


def _fill(reader: Reader, buffer: bytearray, held: int) -> int:
    """Read until the buffer is full or the file ends; returns how much the buffer holds."""
    view = memoryview(buffer)
    while held < BLOCK:
        taken = reader.read_into(view[held:])
        if not taken:
            break
        held += taken
    return held


def _block(buffer: bytearray, end: int, line: int, lines: int) -> Block:
    plain = buffer.find(b'"', 0, end) < 0 and buffer.find(b"\r", 0, end) < 0 and not has_long_line(buffer, end)
    return Block(line, lines, plain, memoryview(buffer)[:end])


def has_long_line(text: bytes | bytearray, end: int) -> bool:
    """Whether there may be a line of more than `MAX_LINE` bytes: one covers at least one of these windows whole."""
    window = MAX_LINE // 2
    return any(text.find(b"\n", at, at + window) < 0 for at in range(0, end - window, window))
