from __future__ import annotations

import gzip
from hashlib import sha256

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
    assert read(GzipReader(put(any_store, packed)), 5000) == CONTENT * 2


@pytest.mark.parametrize("cut", [1, 8, 9, 100])
def test_a_truncated_gzip_file_is_refused(any_store: Store, cut: int) -> None:
    with pytest.raises(Refused, match="truncated"):
        read(GzipReader(put(any_store, gzip.compress(CONTENT)[:-cut])))


@pytest.mark.parametrize("rest", [b"rubbish", gzip.compress(b"x")[:5]], ids=["rubbish", "half a header"])
def test_what_follows_a_gzip_member_must_be_one(any_store: Store, rest: bytes) -> None:
    with pytest.raises(Refused):
        read(GzipReader(put(any_store, gzip.compress(CONTENT) + rest)))
