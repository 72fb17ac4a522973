"""A look at a file, or at its first bytes: its layout, what is assumed and lacking, and how its readings would land.

Nothing is stored. What is said is what the ingestion of the file finds, as far as the bytes go.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from arro3.io import read_parquet

from core.energy.ingest import archives
from core.energy.ingest.archives import Part, parts
from core.energy.ingest.lacking import Lacking
from core.energy.ingest.layouts.layout import Lack
from core.energy.ingest.rejects import Rejects
from core.energy.ingest.source import Counted, Refused
from core.energy.ingest.staging import Staged, stage
from core.energy.ingest.texts import as_text
from core.energy.readings.decimals import plain
from core.energy.readings.points import KINDS
from core.energy.readings.sources import Source
from core.kernel.clock import rfc3339

SHOWN = 20
"""Readings that are shown."""
_MOST = 100_000
"""Readings of a file among which the first are looked for; a row's may be behind those of a later one."""
_COLUMNS = ("line", "point", "channel", "start", "minutes", "version", "value", "quality")


@dataclass(frozen=True, slots=True)
class Look:
    """What one file is found to be. `refused` says why nothing of it would land; None where something would."""

    name: str | None
    layout: str | None = None
    title: str | None = None
    assumed: list[str] = field(default_factory=list)
    lacking: tuple[Lack, ...] = ()
    refused: str | None = None
    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    blank: int = 0
    gaps: int = 0
    count: int = 0
    series: list[Any] = field(default_factory=list)
    first_rejects: list[dict[str, Any]] = field(default_factory=list)
    readings: list[dict[str, Any]] = field(default_factory=list)


class Streamed:
    """A reader of an open file."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream
        self.bytes_read = 0

    def read_into(self, target: memoryview) -> int:
        taken = self._stream.readinto(target)
        self.bytes_read += taken
        return taken


class Held(Streamed):
    """A reader of bytes at hand."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))


def look(content: bytes, entry: Source | None, received: datetime, *, whole: bool) -> Look:
    """What a file is that is so, or begins so; of an archive, its first file."""
    with tempfile.TemporaryDirectory(prefix="trefoil-") as name:
        folder = Path(name)
        try:
            if not whole:
                return one(archives.glimpse(content), entry, received, folder, whole=False)
            # Held by a name until it was looked at: files of an archive are closed with what gives them.
            with closing(parts(Held(content), folder)) as found:
                return one(next(found), entry, received, folder, whole=True)
        except Refused as refused:
            return Look(None, refused=str(refused))


def each(reader: Counted, entry: Source | None, received: datetime) -> Iterator[Look]:
    """What each of a file's files is."""
    with tempfile.TemporaryDirectory(prefix="trefoil-") as name:
        try:
            for part in parts(reader, Path(name)):
                yield one(part, entry, received, Path(name), whole=True)
        except Refused as refused:
            yield Look(None, refused=str(refused))


def one(part: Part, entry: Source | None, received: datetime, folder: Path, *, whole: bool) -> Look:
    """What one file is."""
    if part.flaw:
        return Look(part.name, refused=part.flaw)
    path = folder / "looked-at.parquet"
    told: list[str] = []
    try:
        reader = part.reader
        if not whole:
            content, told = _whole_lines(part)
            reader = Held(content)
        with Rejects(folder / "rejects.csv.gz") as rejects:
            staged = stage(reader, source="", received=received, entry=entry, rejects=rejects, path=path, whole=whole)
    except Lacking as lacking:
        return Look(part.name, *_layout(lacking), lacking=lacking.lacks, refused=str(lacking))
    except Refused as refused:
        return Look(part.name, *_layout(refused), refused=str(refused))
    return _found(part.name, staged, rejects, told)


def _layout(refused: Refused) -> tuple[str | None, str | None]:
    """The name and title of the layout that a refused file has, where it was told."""
    return (refused.layout.name, refused.layout.title) if refused.layout else (None, None)


def _whole_lines(part: Part) -> tuple[bytes, list[str]]:
    """The beginning of a file as text, without the line that it breaks off in."""
    _, reader, told = as_text(part.reader)
    text = bytearray()
    buffer = memoryview(bytearray(64 * 1024))
    while taken := reader.read_into(buffer):
        text += buffer[:taken]
    end = text.rfind(b"\n") + 1
    document = bytes(text[:64].lstrip()[:1]) in (b"{", b"[", b"<")
    return bytes(text if document or not end else text[:end]), told


def _found(name: str | None, staged: Staged, rejects: Rejects, told: list[str]) -> Look:
    lacking: tuple[Lack, ...] = ()
    refused = None
    if rejects.count and not staged.accepted:
        first = rejects.first[0]
        refused = f"no row can be used; the first reason, in line {first['line']}: {first['reason']}"
        if all("points with names of their own" in reject["reason"] for reject in rejects.first):
            kinds = ", ".join(kind.name for kind in KINDS)
            why = f"the points are of no known kind ({kinds}); if they are names of your own, say the kind `free`"
            lacking = (Lack("kind", why, ("free",)),)
    return Look(
        name,
        staged.layout.name,
        staged.layout.title,
        [*told, *staged.assumed],
        lacking,
        refused,
        staged.rows,
        staged.accepted,
        rejects.count,
        staged.blank,
        staged.gaps,
        staged.readings,
        staged.series,
        rejects.first,
        _readings(staged.path) if staged.readings else [],
    )


def _readings(path: Path) -> list[dict[str, Any]]:
    """The first readings by line and start, as they would land."""
    table = read_parquet(path).read_all()
    few = table.slice(0, min(_MOST, table.num_rows))
    rows = zip(*(few.column(name).to_pylist() for name in _COLUMNS), strict=True)
    first = sorted(rows, key=lambda row: (row[0], row[3], row[2]))[:SHOWN]
    found = [dict(zip(_COLUMNS, row, strict=True)) for row in first]
    return [{**one, "start": rfc3339(one["start"]), "value": plain(one["value"])} for one in found]
