from __future__ import annotations

import gzip
import zlib
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import obstore
import pytest

from core.energy.ingest import source
from core.energy.ingest.source import Gone, GzipReader, ObjectReader, Refused
from core.kernel.store import Store

KEY = "incoming/A/a.csv"
CONTENT = bytes(range(256)) * 4096


def put(store: Store, content: bytes) -> ObjectReader:
    obstore.put(store.client, KEY, content)
    meta = obstore.head(store.client, KEY)
    return ObjectReader(store, KEY, size=meta["size"], version=meta["e_tag"] or "")


def gunzip(reader: ObjectReader) -> GzipReader:
    return GzipReader(reader, reader)


def read(reader: ObjectReader | GzipReader, size: int = 1000) -> bytes:
    parts, buffer = [], memoryview(bytearray(size))
    while taken := reader.read_into(buffer):
        parts.append(bytes(buffer[:taken]))
    return b"".join(parts)


def test_an_object_is_read_whole_and_hashed(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "FETCH", 70_000)
    reader = put(any_store, CONTENT)
    assert read(reader, 100_000) == CONTENT
    assert (reader.bytes_read, reader.sha256()) == (len(CONTENT), sha256(CONTENT).hexdigest())


@pytest.mark.parametrize("replacement", [None, CONTENT[::-1], b"short", CONTENT * 2])
def test_an_object_that_changes_while_it_is_read_is_gone(any_store: Store, replacement: bytes | None) -> None:
    reader = put(any_store, CONTENT)
    assert reader.read_into(memoryview(bytearray(1000))) == 1000
    if replacement is None:
        obstore.delete(any_store.client, KEY)
    else:
        obstore.put(any_store.client, KEY, replacement)
    with pytest.raises(Gone):
        read(reader)


@pytest.mark.parametrize("padding", [b"", b"\0" * 3_000_000])
def test_members_of_a_gzip_file_are_joined_and_padding_is_ignored(any_store: Store, padding: bytes) -> None:
    packed = gzip.compress(CONTENT) + gzip.compress(b"") + gzip.compress(CONTENT) + padding
    assert read(gunzip(put(any_store, packed)), 5000) == CONTENT * 2


@pytest.mark.parametrize("cut", [1, 8, 9, 100])
def test_a_truncated_gzip_file_is_refused(any_store: Store, cut: int) -> None:
    with pytest.raises(Refused, match="truncated"):
        read(gunzip(put(any_store, gzip.compress(CONTENT)[:-cut])))


def test_a_gzip_file_of_more_members_than_any_tool_makes_is_refused(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MAX_MEMBERS", 100)
    member = gzip.compress(b"")
    assert read(gunzip(put(any_store, gzip.compress(CONTENT) + member * 99))) == CONTENT
    with pytest.raises(Refused, match="more than 100 members"):
        read(gunzip(put(any_store, gzip.compress(CONTENT) + member * 100)))


def test_members_of_a_gzip_file_cost_no_more_than_a_chunk_each(
    any_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What lies behind a member is copied with it: the bytes given to the decompressor are counted."""
    monkeypatch.setattr(source, "_CHUNK", 100)
    given: list[int] = []

    class Counting:
        def __init__(self, wbits: int) -> None:
            self._inflate = zlib.decompressobj(wbits=wbits)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inflate, name)

        def decompress(self, data: bytes, most: int) -> bytes:
            given.append(len(data))
            return self._inflate.decompress(data, most)

    monkeypatch.setattr(source, "zlib", SimpleNamespace(decompressobj=Counting, error=zlib.error))
    assert read(gunzip(put(any_store, gzip.compress(b"") * 5000))) == b""
    assert sum(given) <= 5000 * 100


@pytest.mark.parametrize("rest", [b"rubbish", gzip.compress(b"x")[:5]], ids=["rubbish", "half a header"])
def test_what_follows_a_gzip_member_must_be_one(any_store: Store, rest: bytes) -> None:
    with pytest.raises(Refused):
        read(gunzip(put(any_store, gzip.compress(CONTENT) + rest)))
