"""A look at a whole file is what its ingestion finds; of an archive or a workbook, at the first file in it."""

from __future__ import annotations

import gzip
import zipfile
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.energy.ingest.look import Held, each, look
from core.energy.readings.sources import Source
from tests.core.energy.ingest.files import MPAN
from tests.core.energy.ingest.test_archives import BOOK, LONG, RECEIVED, packed

PAGE, GOOD = b"<html>", LONG.encode()
ENTRY = Source(files="*", zone="UTC")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
@pytest.mark.parametrize(
    "others", [{}, {"b.csv": GOOD}, {"b.html": PAGE}], ids=["alone", "two good ones", "and a page"]
)
def test_of_a_whole_archive_the_first_file_is_shown_as_it_would_land(others: dict[str, bytes], method: int) -> None:
    found = look(packed({"a.csv": GOOD, **others}, method), None, RECEIVED, whole=True)
    assert (found.name, found.layout, found.refused, found.count) == ("a.csv", "long", None, 2)
    assert [one["value"] for one in found.readings] == ["0.5", "0.25"]


@pytest.mark.parametrize(
    ("first", "reason"),
    [(PAGE, "a web page"), (b"", "is empty"), (gzip.compress(GOOD), "packed again"), (b"%PDF-1.7", "a PDF")],
    ids=["a page", "empty", "packed again", "a PDF"],
)
def test_of_a_whole_archive_whose_first_file_is_no_readings_it_is_said_why(first: bytes, reason: str) -> None:
    found = look(packed({"a": first, "b.csv": GOOD}), None, RECEIVED, whole=True)
    assert (found.name, found.count, reason in (found.refused or "")) == ("a", 0, True)


def test_of_a_whole_archive_whose_first_file_is_damaged_it_is_said() -> None:
    content = bytearray(packed({"a.csv": GOOD, "b.csv": GOOD}))
    content[45] ^= 0xFF
    found = look(bytes(content), None, RECEIVED, whole=True)
    assert found.name == "a.csv"
    assert "a.csv in the archive is damaged" in (found.refused or "")


def test_of_a_whole_archive_the_first_file_is_shown_also_where_it_is_longer_than_what_is_read_at_once() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(90)]
    rows = [f"{MPAN},{day}T{n // 2:02}:{n % 2 * 30:02}:00Z,0.{n % 9}\n" for day in days for n in range(48)]
    content = ("point,start,kwh\n" + "".join(rows)).encode()
    assert len(content) > 2 * 64 * 1024
    found = look(packed({"a.csv": content, "b.csv": GOOD}), None, RECEIVED, whole=True)
    assert (found.name, found.refused, found.count) == ("a.csv", None, len(rows))


@given(st.lists(st.sampled_from([GOOD, PAGE, b"", GOOD[:-3], packed({"x.csv": GOOD}), BOOK.read_bytes()]), max_size=4))
def test_a_look_at_a_whole_archive_is_the_first_that_its_ingestion_finds(files: list[bytes]) -> None:
    content = packed({f"{number}.csv": file for number, file in enumerate(files)})
    assert look(content, ENTRY, RECEIVED, whole=True) == next(each(Held(content), ENTRY, RECEIVED))


@pytest.mark.parametrize("content", [BOOK.read_bytes(), GOOD, gzip.compress(GOOD)], ids=["workbook", "plain", "gzip"])
def test_a_look_at_a_whole_file_or_workbook_is_the_first_that_its_ingestion_finds(content: bytes) -> None:
    found = look(content, ENTRY, RECEIVED, whole=True)
    assert found == next(each(Held(content), ENTRY, RECEIVED))
    assert found.count
