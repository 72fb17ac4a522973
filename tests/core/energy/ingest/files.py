"""Staging bytes without a store, and reading back what came of them."""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from arro3.io import read_parquet

from core.energy.ingest.rejects import Rejects
from core.energy.ingest.staging import Staged, stage
from core.energy.readings.points import mpan_digit
from core.energy.readings.sources import Source

RECEIVED = datetime(2199, 12, 31, tzinfo=UTC)
TRUSTED = Source(files="*", minutes=30, allow=["future", "past", "fault", "bound", "register", "offset"])
"""An account's word that files of half hours are right, however odd."""
HEADER = b"point,start,version,kwh\n"
MPAN = "1012345678903"


class Bytes:
    """A reader of bytes at hand."""

    def __init__(self, content: bytes) -> None:
        self._stream = io.BytesIO(content)

    def read_into(self, target: memoryview) -> int:
        return self._stream.readinto(target)


class Reading(NamedTuple):
    """A row as it is staged."""

    point: str
    channel: str
    start: datetime
    minutes: int
    version: int
    value: Decimal
    quality: str
    line: int


@dataclass
class Outcome:
    staged: Staged
    rows: list[tuple[Any, ...]]
    """(point, start, version, kWh, line)"""
    rejects: list[tuple[int, str, str, str]]
    """(line, column, value, reason)"""
    readings: list[Reading]

    @property
    def reasons(self) -> list[str]:
        return [reason for *_, reason in self.rejects]


def mpan(number: int) -> str:
    """One of ten thousand MPANs."""
    core = f"10123456{number:04}"
    return core + mpan_digit(core)


def run(
    content: bytes, entry: Source | None = TRUSTED, received: datetime = RECEIVED, *, whole: bool = True
) -> Outcome:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "staged.parquet"
        with Rejects(Path(name) / "rejects.csv.gz") as rejects:
            staged = stage(
                Bytes(content), source="s.csv", received=received, entry=entry, rejects=rejects, path=path, whole=whole
            )
        table = read_parquet(path).read_all()
        columns = [table.column(name).to_pylist() for name in Reading._fields]
        found: list[tuple[int, str, str, str]] = []
        if rejects.path:
            text = gzip.decompress(rejects.path.read_bytes()).decode()
            found = [
                (int(r["line"]), r["column"], r["value"], r["reason"])
                for r in csv.DictReader(io.StringIO(text, newline=""))
            ]
    assert staged.rows == staged.accepted + len(found) + staged.blank
    readings = [Reading(*row) for row in zip(*columns, strict=True)]
    rejected = [reject[0] for reject in found]
    # A row is rejected once, and lands or is rejected.
    landed = {one.line for one in readings}
    assert len(rejected) == len(set(rejected))
    assert landed.isdisjoint(rejected)
    assert staged.accepted >= len(landed)
    return Outcome(staged, [(r.point, r.start, r.version, r.value, r.line) for r in readings], found, readings)


def line(start: str = "2026-01-01T00:00:00Z", kwh: str = "0.5", version: str = "1", point: str = MPAN) -> bytes:
    return f"{point},{start},{version},{kwh}\n".encode()


def decimals(outcome: Outcome) -> list[Decimal]:
    return [row[3] for row in outcome.rows]
