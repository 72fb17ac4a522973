"""Meter files: each layout, each record machine, and what unpacks and decodes files. No crash, and every row is told."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from msgspec import structs

from core.energy.ingest.archives import parts
from core.energy.ingest.layouts import LAYOUTS
from core.energy.ingest.look import Held, look
from core.energy.ingest.quotes import Lookahead
from core.energy.ingest.rejects import Rejects
from core.energy.ingest.source import BOM, Reader, Refused
from core.energy.ingest.staging import stage
from core.energy.ingest.texts import as_text
from core.energy.readings.sources import Source
from tests.fuzz.target import Target

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "docs" / "formats"
METER_FILES = ROOT / "tests" / "core" / "energy" / "ingest" / "meter_files"
BOOK = METER_FILES.parent / "books" / "days-and-moments.xlsx"
SHEET = "xl/worksheets/sheet1.xml"
RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)
SAID = Source(files="*", point="Home", kind="free", zone="Europe/London", stamp="start")
"""What a file can't say, so that it is read to its end."""
PACKED = (".gz", ".zip", ".xlsx")
LOOKED_AT = 65536


def _files(pattern: str, *, real: bool = False, packed: bool = False) -> Sequence[bytes]:
    """The examples whose names fit, and where it is wanted the files that people have."""
    found = sorted(EXAMPLES.glob(pattern))
    if real:
        found += sorted(path for path in METER_FILES.iterdir() if path.suffix != ".json")
    if packed:
        found = [*(path for path in found if path.suffix.lower() in PACKED), BOOK]
    return [path.read_bytes() for path in found]


def recognised(data: bytes) -> None:
    """A look says what it is, or why it is nothing."""
    found = look(data[:LOOKED_AT], None, RECEIVED, whole=len(data) <= LOOKED_AT)
    assert found.layout or found.refused or found.lacking, "a file is something, or it is said why not"
    assert found.rows == found.accepted + found.rejected + found.blank


def staged(data: bytes, *entries: Source | None) -> None:
    """Every row of every part is accepted, rejected with a reason, or blank; or the file is refused with a reason."""
    for entry in entries or (None, SAID):
        with tempfile.TemporaryDirectory(prefix="trefoil-fuzz-") as name:
            try:
                for part in parts(Held(data), Path(name)):
                    if part.flaw is None:
                        _stage(part.reader, entry, Path(name))
                    else:
                        assert part.flaw, "a flaw says what it is"
            except Refused as refused:
                assert str(refused), "a refusal says why"


def staged_as(layout: str, data: bytes) -> None:
    """As `staged`, where the sources say which layout it is, so that no other is tried."""
    staged(data, structs.replace(SAID, layout=layout))


def _stage(reader: Reader, entry: Source | None, folder: Path) -> None:
    with Rejects(folder / "rejects.csv.gz") as rejects:
        try:
            found = stage(
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
    assert found.rows == found.accepted + rejects.count + found.blank
    assert found.accepted >= 0
    assert all(reject["reason"] for reject in rejects.first)


def sheet(data: bytes) -> None:
    """A workbook whose first sheet has these bytes."""
    with zipfile.ZipFile(BOOK) as book, io.BytesIO() as made:
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as changed:
            for info in book.infolist():
                changed.writestr(info.filename, data if info.filename == SHEET else book.read(info))
        staged(made.getvalue(), SAID)


def _sheets() -> Sequence[bytes]:
    with zipfile.ZipFile(BOOK) as book:
        return [book.read(SHEET)]


def closed(data: bytes) -> None:
    """Where quotes close is what a reader of one character after another finds."""
    lines = data.split(b"\n")
    ahead = Lookahead(lines)
    for opened in range(len(lines)):
        found = ahead.closing(opened)
        first = next((at for at in range(opened + 1, len(lines)) if not _open(lines[at])), len(lines))
        assert found == first, f"the quote open after line {opened} closes in {first}, not in {found}"


def _open(line: bytes) -> bool:
    """Whether a quote is open at the end of a line that begins inside one (RFC 4180), one byte after another."""
    inside, begins, at = True, False, 0
    while at < len(line):
        one = line[at : at + 1]
        if inside and one == b'"':
            if line[at + 1 : at + 2] == b'"':
                at += 1
            else:
                inside = False
        elif not inside:
            inside = begins and one == b'"'
        begins = not inside and one == b","
        at += 1
    return inside


def decoded(data: bytes) -> None:
    """A file's text does not depend on how much is read at a time; what is not decoded is only what was sent."""
    start, reader, told = as_text(Held(data))
    whole = _read(reader, 64 * 1024)
    assert whole.startswith(start)
    if told:
        whole.decode()
    else:
        assert whole.replace(b"\r", b"\n") == data.removeprefix(BOM).replace(b"\r", b"\n")
    assert _read(as_text(Held(data))[1], 7) == whole


def _read(reader: Reader, size: int) -> bytes:
    buffer = memoryview(bytearray(size))
    found = bytearray()
    while taken := reader.read_into(buffer):
        found += buffer[:taken]
    return bytes(found)


ROWS = "rows = accepted + rejected + blank, each reject has a reason, and a refusal says why"
EVERY = partial(_files, "*", real=True)
MACHINES = {"nem12": "nem1*", "dtc": "d0*", "df2": "stark-df2*", "espi": "green-button-xml*", "pages": "*-json*"}
FILES = partial(Target, reaches=("core.energy.ingest",))
TARGETS = (
    FILES("recognition", "a file has a layout, lacks something, or is refused with a reason", EVERY, recognised),
    *(FILES(name, ROWS, partial(_files, pattern), staged) for name, pattern in MACHINES.items()),
    FILES("staging", ROWS, EVERY, staged),
    FILES("archives", ROWS, partial(_files, "*", real=True, packed=True), staged),
    FILES("sheet", ROWS, _sheets, sheet),
    *(
        FILES(f"layout-{one.name}", ROWS, partial(_files, f"{one.name}.*"), partial(staged_as, one.name))
        for one in LAYOUTS
    ),
    FILES("quotes", "a quote closes where a reader of single characters says", partial(_files, "*"), closed),
    FILES("encodings", "the text is the same however it is read, and nothing of it is lost", EVERY, decoded),
)
