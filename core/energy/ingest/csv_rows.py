"""What rows of both kinds below a header have in common: whose they are, what small columns say, and what is no row."""

from __future__ import annotations

from core.energy.ingest import words
from core.energy.ingest.fields import Bad, Traits
from core.energy.ingest.header import Header
from core.energy.ingest.judge import Judge
from core.energy.ingest.layouts.layout import Long
from core.energy.ingest.tally import Tally
from core.energy.ingest.words import DATE, POINT, STAMP, START, VALUE

_SAYING = (POINT, START, STAMP, DATE, VALUE)
"""Roles whose names, in a line that is no row, make it a header: of what follows it, which may be something else."""


class CsvRows:
    """The rules that rows share. `header` is theirs."""

    def __init__(self, judge: Judge, header: Header, tally: Tally) -> None:
        self.header, self._judge, self._tally = header, judge, tally
        self._terms = judge.terms
        self._point, self._small = header.position(POINT), header.small
        form = header.layout.form
        self._named = {name for names in form.above.values() for name in names} if isinstance(form, Long) else set()
        self._named |= {header.names[at] for role in _SAYING for at in header.roles.get(role, ())}

    def is_somebody_s(self, row: list[str]) -> bool:
        """Whether a row has a point, or where the sources say that, a time or a day."""
        if self._point is not None:
            return len(row) > self._point and not isinstance(self._judge.point(row[self._point]), Bad)
        if self.header.long:
            return len(row) > max(self.header.begin) and not isinstance(self._judge.instant(self.begin(row)), Bad)
        day = self.header.days
        return day is not None and len(row) > day and not isinstance(self._judge.day(row[day]), Bad)

    def begin(self, row: list[str]) -> str:
        """What a row says of when it begins."""
        return " ".join(row[at].strip() for at in self.header.begin)

    def odd(self, line: int, row: list[str]) -> bool:
        """Reject a header, and a row with a value under no name; note a line that is no row but says what rows are."""
        stray = next((row[place].strip() for place in self.header.nameless if row[place].strip()), None)
        if stray:
            reason = "a value stands in a column without a name; name it, leave it out, or list '' under `ignore`"
            self._tally.reject(line, None, stray, f"{reason} in the account's sources", counted=True)
            return True
        if self.is_somebody_s(row):
            return False
        if tuple(map(words.normal, row)) == self.header.names:
            self._tally.reject(line, None, ",".join(row), "this is the header again", counted=True)
            return True
        self._note_turn(line, row)
        return False

    def heed(self, line: int, row: list[str]) -> None:
        """Look at a line that is no row of the file's width: it may say what those that follow it are."""
        if not self.is_somebody_s(row):
            self._note_turn(line, row)

    def _note_turn(self, line: int, row: list[str]) -> None:
        at = self.header.position("value")
        value = row[at] if at is not None and len(row) > at else ""
        again = any(words.normal(cell) in self._named for cell in row)
        self._tally.note_turn(line, row, self.header, self._terms, value, again=again)

    def point_of(self, line: int, row: list[str]) -> str | None:
        """Whose a row is; None when it is rejected."""
        if self._point is None:
            return self._terms.point
        found = self._judge.point(row[self._point])
        if isinstance(found, Bad):
            self.bad(line, self._point, row[self._point], found.reason)
            return None
        return found

    def traits(self, line: int, row: list[str], block: int = 0) -> Traits | None:
        """What a row's small columns say of the values of a block; None when it is rejected."""
        found = self._judge.traits(self.header, tuple(row[at] for at in self._small), block)
        if isinstance(found, Traits):
            return found
        at, bad = found
        self.bad(line, at, row[at] if self._small else "", bad.reason)
        return None

    def all_traits(self, line: int, row: list[str]) -> tuple[Traits, ...] | None:
        """What a row's small columns say of each block; None when it is rejected."""
        found = []
        for block in range(len(self.header.blocks)):
            traits = self.traits(line, row, block)
            if traits is None:
                return None
            found.append(traits)
        return tuple(found)

    def bad(self, line: int, at: int, text: str, reason: str) -> None:
        """Reject a row for one of its fields."""
        self._tally.reject(line, self.header.names[at], text, reason, counted=True)
