"""Archives, workbooks and encodings: what they hold lands, what is damaged or a bomb is told, in constant memory."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import struct
import tracemalloc
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.energy.ingest import archives, workbook
from core.energy.ingest.archives import parts
from core.energy.ingest.look import Held, Look, each, look
from core.energy.ingest.source import Reader, Refused
from core.energy.ingest.texts import as_text
from core.energy.readings.sources import Source
from tests.core.energy.ingest.files import MPAN, run

RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)
BOOK = Path(__file__).parent / "books" / "days-and-moments.xlsx"
"""Of a first sheet with a row for each day, and a second one with moments: as a spreadsheet program keeps both."""
LONG = f"point,start,kwh\n{MPAN},2026-01-01T00:00:00Z,0.5\n{MPAN},2026-01-01T00:30:00Z,0.25\n"


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return archive.getvalue()


def read(reader: Reader) -> int:
    """How many bytes there are."""
    buffer = memoryview(bytearray(65536))
    return sum(iter(lambda: reader.read_into(buffer), 0))


def looks(content: bytes, entry: Source | None = None) -> list[Look]:
    return list(each(Held(content), entry, RECEIVED))


@pytest.mark.parametrize(
    "content",
    [
        LONG.encode(),
        codecs.BOM_UTF8 + LONG.encode(),
        LONG.encode("utf-16"),
        LONG.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + LONG.encode("utf-16-be"),
        LONG.replace("\n", "\r\n").encode(),
        LONG.replace("\n", "\r").encode(),
        LONG.replace(",", ";").encode(),
        LONG.replace(",", "\t").encode(),
        LONG.replace(",", "|").encode(),
        LONG.replace(",", ";").replace(".", ",").encode(),
        b"sep=;\n" + LONG.replace(",", ";").encode(),
        b"sep=,\r\n" + LONG.encode(),
        ("Café, Zähler\n" + LONG).encode("cp1252"),
        gzip.compress(LONG.encode()),
        packed({"a.csv": LONG.encode()}),
        packed({"a.csv": LONG.encode()}, zipfile.ZIP_STORED),
        packed({"a.csv": LONG.encode()}, zipfile.ZIP_BZIP2),
        packed({"a.csv": LONG.encode("utf-16")}),
        gzip.compress(LONG.encode("utf-16")),
    ],
    ids=[
        "UTF-8",
        "UTF-8 with a mark",
        "UTF-16",
        "UTF-16 without a mark",
        "UTF-16, the other way round",
        "CRLF",
        "CR",
        "semicolons",
        "tabs",
        "bars",
        "semicolons and decimal commas",
        "sep=; above",
        "sep=, above",
        "Windows-1252",
        "gzip",
        "zip",
        "zip, stored",
        "zip, bzip2",
        "UTF-16 in a zip",
        "UTF-16 in gzip",
    ],
)
def test_the_same_readings_land_however_they_are_written(content: bytes) -> None:
    (found,) = looks(content)
    assert (found.refused, found.rejected) == (None, 0)
    assert [one["value"] for one in found.readings] == ["0.5", "0.25"]


def test_a_workbook_s_sheets_are_files_of_their_own_with_their_days_and_moments() -> None:
    days, moments = looks(BOOK.read_bytes(), Source(files="*", zone="UTC"))
    assert (days.name, days.layout, days.refused, days.count) == ("Sheet", "wide-starts", None, 48)
    assert (moments.name, moments.layout, moments.refused) == ("Long", "long", None)
    assert [(one["start"], one["value"]) for one in moments.readings] == [
        ("2026-01-15T00:30:00Z", "0.5"),
        ("2026-01-15T00:00:00Z", "0.25"),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7\n%", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", r"a picture \(PNG\)"),
        (b"\xff\xd8\xff\xe0", r"a picture \(JPEG\)"),
        (b"<!-- saved --><html><body>Sign in</body></html>", "a web page, perhaps a login page"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"an old Excel workbook \(.xls\)"),
        (b"PAR1....", "a Parquet file"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (b'{"error": "token expired"}', "JSON, and none that is known"),
        (b"<?xml version='1.0'?><usage/>", "XML, and no Green Button data"),
        (b"", "the file is empty"),
        (b" \r\n\t\n", "nothing but white space"),
        (packed({}), "holds no file"),
        (packed({"a.csv": LONG.encode()})[:-30], "cut off"),
        (gzip.compress(packed({"a.csv": LONG.encode()})), "the gzip file holds a zip archive"),
        (gzip.compress(gzip.compress(LONG.encode())), "packed by gzip twice"),
        (bytes([254, 129, 141, 0, 1]) * 100, "not UTF-8 text"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "file",
)
def test_what_is_no_file_of_readings_is_named_as_what_it_is(content: bytes, reason: str) -> None:
    (found,) = looks(content)
    assert found.layout is None
    assert re.search(reason, found.refused or ""), found.refused


def test_a_flaw_in_one_file_of_an_archive_costs_that_file_only() -> None:
    content = bytearray(packed({"good.csv": LONG.encode(), "bad.csv": LONG.encode(), "more.zip": packed({"a": b"b"})}))
    at = content.index(b"bad.csv") + len("bad.csv")
    content[at : at + 8] = bytes(8)
    good, bad, more = looks(bytes(content))
    assert (good.name, good.refused) == ("good.csv", None)
    assert "is damaged" in (bad.refused or "")
    assert "packed again within the archive" in (more.refused or "")


def test_a_file_with_a_password_is_told() -> None:
    content = bytearray(packed({"a.csv": LONG.encode()}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    (found,) = looks(bytes(content))
    assert "locked with a password" in (found.refused or "")


BOMBS = {
    "a zip of nothing but zeros": lambda: packed({"a.csv": LONG.encode() + bytes(200_000_000)}),
    "a zip that says it is small": lambda: small(packed({"a.csv": LONG.encode() + bytes(200_000_000)})),
    "a workbook of nothing but zeros": lambda: packed({"xl/worksheets/sheet1.xml": bytes(200_000_000)}),
    "a workbook with a cell far away": lambda: packed(
        {"xl/worksheets/sheet1.xml": b'<row r="1048576"><c r="A1"/><c r="XFD1048576"><v>1</v></c></row>'}
    ),
    "gzip of nothing but zeros": lambda: gzip.compress(LONG.encode() + bytes(200_000_000)),
    "an entity that grows": lambda: (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        b'<feed xmlns="http://naesb.org/espi"><IntervalReading><value>&b;</value></IntervalReading></feed>'
    ),
    "JSON without end": lambda: b'{"results": [{"interval_start": ' + b"[" * 20_000_000,
    "one line without end": lambda: LONG.encode() + b"1" * 50_000_000,
}


def small(content: bytes) -> bytes:
    """An archive whose sizes are lies."""
    changed = bytearray(content)
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", changed, changed.index(mark) + at, 100)
    return bytes(changed)


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_or_rejected_in_constant_memory(bomb: str) -> None:
    content = BOMBS[bomb]()
    tracemalloc.start()
    try:
        found = looks(content, Source(files="*", point=MPAN))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert all(one.refused or one.rejected for one in found)
    assert peak < 90 * 1024 * 1024, f"{peak >> 20} MiB"


def test_too_many_files_and_too_large_a_table_of_contents_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    assert len(looks(packed({f"{n}.csv": LONG.encode() for n in range(3)}))) == 3
    (found,) = looks(packed({f"{n}.csv": LONG.encode() for n in range(4)}))
    assert "more than 3 files" in (found.refused or "")
    monkeypatch.setattr(archives, "MAX_DIRECTORY", 10)
    (found,) = looks(packed({"a.csv": LONG.encode()}))
    assert "more than 3 files" in (found.refused or "")


def test_a_workbook_of_more_than_can_be_held_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_SHEET", 1000)
    (found,) = looks(BOOK.read_bytes())
    assert "unpacks to more than" in (found.refused or "")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_archive_or_workbook_crashes_nothing(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([BOOK.read_bytes(), packed({"a.csv": LONG.encode(), "b.csv": b"x"})]))
    content = bytearray(whole[: data.draw(st.integers(4, len(whole)))])
    for at in data.draw(st.lists(st.integers(4, len(content) - 1), max_size=8)) if len(content) > 4 else []:
        content[at] = data.draw(st.integers(0, 255))
    assert looks(bytes(content))


@settings(max_examples=100)
@given(
    st.text(st.characters(codec="cp1252", exclude_characters="\r\n\0"), min_size=1).filter(lambda s: not s.isascii())
)
def test_windows_1252_is_read_as_it_was_written(title: str) -> None:
    content = f"{title}\n".encode("cp1252") + LONG.encode()
    try:
        content.decode()
    except UnicodeDecodeError:
        _, reader, told = as_text(Held(content))
        buffer = memoryview(bytearray(4096 + len(content) * 4))
        text = bytearray()
        while taken := reader.read_into(buffer):
            text += buffer[:taken]
        assert text.decode() == f"{title}\n{LONG}" or "\x81" in title
        assert told


@settings(max_examples=60)
@given(st.integers(0, 3000), st.sampled_from(["utf-16", "utf-8", "cp1252"]))
def test_where_the_first_bytes_end_shows_the_same_readings_or_fewer(cut: int, encoding: str) -> None:
    text = "point,start,kwh\n" + "".join(
        f"{MPAN},2026-01-01T{n // 2:02}:{n % 2 * 30:02}:00Z,0.{n % 9}\n" for n in range(48)
    )
    content = text.encode(encoding)
    found = look(content[:cut], None, RECEIVED, whole=False)
    wanted = [one["value"] for one in look(content, None, RECEIVED, whole=True).readings]
    assert [one["value"] for one in found.readings] == wanted[: len(found.readings)]


def test_a_glimpse_of_a_workbook_says_that_it_is_read_whole() -> None:
    found = look(BOOK.read_bytes()[:3000], None, RECEIVED, whole=False)
    assert "only as a whole" in (found.refused or "")


def test_parts_of_a_file_that_is_no_archive_are_itself(tmp_path: Path) -> None:
    (part,) = parts(Held(LONG.encode()), tmp_path)
    assert (part.name, part.flaw) == (None, None)


def test_what_is_damaged_while_it_is_read_is_refused(tmp_path: Path) -> None:
    content = bytearray(packed({"a.csv": LONG.encode() * 10_000}))
    content[len(content) // 2] ^= 0xFF
    found = parts(Held(bytes(content)), tmp_path)
    part = next(found)
    with pytest.raises(Refused, match="damaged"):
        read(part.reader)
    assert list(found) == []


def test_a_windows_1252_file_has_its_rows_counted_like_any() -> None:
    rows = b"".join(b"%s,2026-01-01T%02d:00:00Z,1,caf\xe9\n" % (MPAN.encode(), n) for n in range(24))
    outcome = run(b"point,start,kwh,note\n" + rows)
    assert (outcome.staged.rows, outcome.staged.accepted) == (24, 24)
