"""The counts of one file's rows, and the readings of those that were judged one by one.

rows = accepted + rejected + blank, always.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from arro3.core import RecordBatch

from core.energy.ingest import words
from core.energy.ingest.batches import ROWS, Batches, Row
from core.energy.ingest.fields import Traits, Value
from core.energy.ingest.header import Header, heed
from core.energy.ingest.rejects import Rejects
from core.energy.ingest.terms import Terms
from core.energy.readings.reading import QUALITIES

# More than the letters of a time.
_WORD = re.compile(r"[A-Za-z]{2}")


@dataclass(frozen=True, slots=True)
class Turn:
    """A line between rows that gives those that follow it another meaning."""

    line: int
    text: str
    what: str


class Tally:
    """Counts rows, blank ones and gaps, and keeps readings until they are taken."""

    def __init__(self, batches: Batches, rejects: Rejects) -> None:
        self._batches, self._rejects = batches, rejects
        self.rows = self.blank = self.gaps = 0
        self.turn: Turn | None = None
        self._pending: list[Row] = []

    def note_blank(self) -> None:
        self.rows += 1
        self.blank += 1

    def reject(self, line: int, column: str | None, text: str, reason: str, *, counted: bool = False) -> None:
        """Reject a row; `counted` says that it is in `rows` already."""
        self.rows += not counted
        self._rejects.add(line, column, text, reason)

    def add(self, row: Row) -> None:
        """Keep a reading."""
        self._pending.append(row)

    @property
    def full(self) -> bool:
        return len(self._pending) >= ROWS - 64

    def take(self) -> Iterator[RecordBatch]:
        """The readings that were kept."""
        taken, self._pending = self._pending, []
        if taken:
            yield self._batches.from_rows(taken)

    def note_turn(self, line: int, row: list[str], header: Header, terms: Terms, value: str, *, again: bool) -> None:
        """Note the first line that is nobody's, but gives those that follow it another meaning, as a header does.

        `value` is what it has in the column of values; `again` says that it has a name of the file's own header.
        """
        if self.turn is not None or not _WORD.search(" ".join(row)):
            return
        said = heed(row, header, terms)
        names = {header.names[at] for at in header.roles.get("value", ())}
        if said or again or words.like_header(row) or any(words.renames(value, name) for name in names if value):
            self.turn = Turn(line, ",".join(row)[:100], f"says {said!r}" if said else "is another header")


def reading(point: str, traits: Traits, slot: int, minutes: int, value: Value, line: int) -> Row:
    """A row's reading, of the worse of the qualities that the row and the value have."""
    quality = traits.quality
    if value.quality:
        quality = max(value.quality, quality, key=QUALITIES.index)
    return point, traits.channel, slot, minutes, traits.version, value.scaled, quality, line
