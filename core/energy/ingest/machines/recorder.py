"""What a machine tells as it reads: intervals, and rows that are rejected or blank."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from arro3.core import RecordBatch

from core.energy.ingest import times
from core.energy.ingest.batches import Batches
from core.energy.ingest.fields import Bad, Gap, Traits, Value
from core.energy.ingest.judge import Judge
from core.energy.ingest.runs import Run, Runs
from core.energy.ingest.tally import Tally, reading
from core.energy.ingest.times import SLOT_MINUTES


class Machine(Protocol):
    """Reads a file. `line` numbers what it tells: the lines of a text, the readings of a document.

    Made with a `Recorder`. Raises `Refused` where the file as a whole can't be used.
    """

    def read(self, line: int, data: bytes) -> None:
        """The next whole lines, of which the first has that number; or the next bytes of a document."""

    def end(self, *, whole: bool) -> None:
        """Nothing follows; `whole` says that the file was read to its end."""


@dataclass(slots=True)
class Recorder:
    """Collects what a machine tells. A row is what holds readings: one of them, or those of a day."""

    judge: Judge
    batches: Batches
    tally: Tally
    told: list[str] = field(default_factory=list)
    """What is assumed, in words."""
    _open: Run | None = None
    _runs: Runs = field(init=False)

    _plausible: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self._runs = Runs(self.judge, self.batches, self._odd)
        self._plausible = times.plausible(self.judge.terms)

    def day(self, run: Run) -> None:
        """A row with several intervals: all of them land or none. It counts as one row."""
        self.tally.rows += 1
        self._add(run)

    def part(self, run: Run) -> None:
        """Intervals of a row that counts already."""
        self._add(run)

    def rows(self, run: Run) -> None:
        """Rows of an interval each, on lines that follow each other."""
        self.tally.rows += len(run.cells)
        self._add(run)

    def interval(self, line: int, point: str, traits: Traits, slot: int, minutes: int, text: str) -> None:
        """A row of one interval."""
        self.tally.rows += 1
        run = self._open
        if run is not None:
            count = len(run.cells)
            follows = slot == run.first + count * minutes // SLOT_MINUTES and line == run.line + count
            if follows and (point, traits, minutes) == (run.point, run.traits, run.minutes):
                run.cells.append(text)
                return
            self._close()
        self._open = Run(line, point, traits, slot, minutes, [text], each=True)

    def reject(self, line: int, column: str | None, text: str, reason: str) -> None:
        """A row that is rejected."""
        self.tally.reject(line, column, text, reason)

    def take(self) -> Iterator[RecordBatch]:
        """The batches of what was told, if it is enough for one."""
        if self._runs.full or self.tally.full:
            yield from self.flush()

    def flush(self) -> Iterator[RecordBatch]:
        """The batches of all that was told."""
        self._close()
        yield from self._runs.take()
        yield from self.tally.take()
        self.tally.gaps += self._runs.gaps
        self._runs.gaps = 0

    def _close(self) -> None:
        run, self._open = self._open, None
        if run is not None:
            self._add(run)

    def _add(self, run: Run) -> None:
        last = run.first + (len(run.cells) - 1) * (run.minutes // SLOT_MINUTES)
        if run.first % (run.minutes // SLOT_MINUTES):
            self._reject(run, 0, times.off_grid(run.minutes))
        elif run.first < self._plausible[0] or last > self._plausible[1]:
            self._odd(run)
        else:
            self._runs.add(run)

    def _odd(self, run: Run) -> None:
        """Judge intervals one by one."""
        found: list[tuple[int, int, Value]] = []
        gaps = 0
        for place, text in enumerate(run.cells):
            slot = run.first + place * (run.minutes // SLOT_MINUTES)
            value = self.judge.cell(text, run.traits.factor, run.minutes)
            been = times.placed(slot, self.judge.terms)
            if isinstance(value, Gap) or (isinstance(been, Bad) and isinstance(value, Value) and not value.scaled):
                gaps += 1
                continue
            reason = value.reason if isinstance(value, Bad) else been.reason if isinstance(been, Bad) else None
            if reason is None and isinstance(value, Value):
                found.append((slot, run.line + place * run.each, value))
            elif run.each:
                self.tally.reject(run.line + place, "value", text, reason or "", counted=True)
            else:
                self._reject(run, place, reason or "")
                return
        self.tally.gaps += gaps
        for slot, line, value in found:
            self.judge.rounded += value.rounded
            self.tally.add(reading(run.point, run.traits, slot, run.minutes, value, line))

    def _reject(self, run: Run, place: int, reason: str) -> None:
        if not run.each:
            self.tally.reject(run.line, f"value {place + 1}", run.cells[place], reason, counted=True)
            return
        for number, text in enumerate(run.cells):
            self.tally.reject(run.line + number, "value", text, reason, counted=True)


def lines(data: bytes) -> list[str]:
    """The lines of a text, without what ends them."""
    text = data.decode("utf-8", "replace")
    found = text.split("\n")
    if found and not found[-1]:
        found.pop()
    return [line.rstrip("\r") for line in found]
