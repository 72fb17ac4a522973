"""What must hold of any bytes that are sent as a meter file: no crash, and every row is told."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from core.energy.ingest.archives import parts
from core.energy.ingest.look import Held, look
from core.energy.ingest.rejects import Rejects
from core.energy.ingest.source import Reader, Refused
from core.energy.ingest.staging import stage
from core.energy.readings.sources import Source

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "formats"
METER_FILES = ROOT / "tests" / "core" / "energy" / "ingest" / "meter_files"
FOUND = Path(__file__).parent / "found"
"""Inputs that a fuzzer once found; each is tried in every run of the tests."""
RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)
SAID = Source(files="*", point="Home", kind="free", zone="Europe/London", stamp="start")
"""What a file can't say, so that it is read to its end."""
TARGETS = {
    "recognition": "*",
    "nem12": "nem1*",
    "dtc": "d0*",
    "df2": "stark-df2*",
    "espi": "green-button-xml*",
    "pages": "*-json*",
    "long": "*",
    "wide": "*",
    "archives": "*",
}
"""What is tried, and which examples it begins with."""


def seeds(target: str) -> list[bytes]:
    """The files that a target begins with."""
    files = sorted(EXAMPLES.glob(TARGETS[target]))
    if TARGETS[target] == "*":
        files += sorted(path for path in METER_FILES.iterdir() if path.suffix != ".json")
    if target == "archives":
        files = [path for path in files if path.suffix.lower() in (".gz", ".zip", ".xlsx")]
        files.append(METER_FILES.parent / "books" / "days-and-moments.xlsx")
    return [path.read_bytes() for path in files]


def check(target: str, data: bytes) -> None:
    """Raises `AssertionError` where rows are lost, and whatever else should not happen."""
    if target == "recognition":
        look(data[:65536], None, RECEIVED, whole=False)
        return
    for entry in (None, SAID):
        with tempfile.TemporaryDirectory(prefix="trefoil-fuzz-") as name:
            try:
                for part in parts(Held(data), Path(name)):
                    if part.flaw is None:
                        _stage(part.reader, entry, Path(name))
            except Refused as refused:
                assert str(refused), "a refusal says why"


def _stage(reader: Reader, entry: Source | None, folder: Path) -> None:
    with Rejects(folder / "rejects.csv.gz") as rejects:
        try:
            staged = stage(
                reader,
                source="fuzzed",
                received=RECEIVED,
                entry=entry,
                rejects=rejects,
                path=folder / "staged.parquet",
            )
        except Refused as refused:
            assert str(refused), "a refusal says why"
            return
    assert staged.rows == staged.accepted + rejects.count + staged.blank
    assert staged.accepted >= 0
    assert all(reject["reason"] for reject in rejects.first)
