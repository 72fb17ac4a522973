"""Long files, many rows at a time: each column's distinct values are judged once, by the rules in `fields`.

The CSV reader hands every column over as a dictionary of its distinct texts, so the rules run a few thousand times per
block instead of hundreds of thousands, and rejects fall out as nulls. A block whose structure is in any doubt (uneven
fields, quotes over line ends, stray carriage returns, not UTF-8), or whose rows differ in unit or flags, is left to
`rows`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

from arro3.compute import (
    add_wrapping,
    cast,
    dictionary_encode,
    div,
    is_not_null,
    is_null,
    mul_wrapping,
    rem,
    sub_wrapping,
    take,
)
from arro3.compute import filter as keep
from arro3.compute import max as maximum
from arro3.compute import min as minimum
from arro3.core import (
    Array,
    ChunkedArray,
    Field,
    RecordBatch,
    Schema,
    dictionary_dictionary,
    dictionary_indices,
)
from arro3.io import read_csv

from core.energy.ingest.batches import INT64, ROWS, Batches, one, text
from core.energy.ingest.fields import Bad, Traits
from core.energy.ingest.header import Header
from core.energy.ingest.interval_rows import IntervalRows
from core.energy.ingest.judge import Judge
from core.energy.ingest.tally import Tally
from core.energy.ingest.times import EARLY, SLOT_MINUTES, SLOT_US, Twice, at_start
from core.energy.ingest.values import numbers
from core.energy.ingest.words import MINUTES, POINT, VALUE
from core.energy.readings.reading import MINUTES as LENGTHS
from core.energy.readings.schema import FIRST, LAST, STRING, TEXT, TIME
from core.kernel.clock import microseconds

_FIRST, _LAST = microseconds(FIRST), microseconds(LAST)
_MAX_COMBINATIONS = 10_000


class _LeaveError(Exception):
    """The block is for `rows`."""


@dataclass(frozen=True, slots=True)
class _Again:
    """Times and their slots, both twice over: the next block mostly has the same times, from another one on."""

    times: Array
    found: Array

    @classmethod
    def of(cls, times: Array, slots: Array) -> _Again:
        return cls(*(ChunkedArray([one, one]).combine_chunks() for one in (times, slots)))

    def slots(self, times: Array, judge: Judge) -> Array | None:
        """The slots of these times, None when they are not known all."""
        count = len(self.times) // 2
        if len(times) != count or count < 2:
            return None
        first, second, here = (judge.instant(time.as_py() or "") for time in (self.times[0], self.times[1], times[0]))
        if isinstance(first, Bad) or isinstance(second, Bad) or isinstance(here, Bad) or first == second:
            return None
        at = (here - first) // (second - first) % count
        return self.found.slice(at, count) if self.times.slice(at, count) == times else None


class Columns:
    """The column-wise path of one long file. Blank lines cost it nothing but their bytes."""

    def __init__(self, judge: Judge, header: Header, batches: Batches, tally: Tally, rows: IntervalRows) -> None:
        self._judge, self._header, self._terms = judge, header, judge.terms
        self._batches, self._tally, self._rows = batches, tally, rows
        self._schema = Schema(
            [Field(str(number), TEXT) for number in range(len(header.names))]
        )  # a name may hold anything
        self._point, self._value = header.position(POINT), header.at(VALUE)
        self._begin, self._end = header.begin, header.until
        self._each_says_its_minutes = judge.each_says_its_minutes
        self._again: dict[tuple[bool, bool], _Again] = {}

    def read(self, first_line: int, lines: int, data: memoryview) -> Iterator[RecordBatch] | None:
        """The batches of a block of whole lines, or None when it is for `rows`."""
        try:
            mark = self._header.delimiter
            tables = list(read_csv(data, self._schema, has_header=False, batch_size=ROWS, delimiter=mark))
        except Exception:  # noqa: BLE001  the reader raises plain Exception for structure; rows finds out what is wrong
            return None
        rows = sum(table.num_rows for table in tables)
        filled = None
        if rows != lines:
            # The reader passes over blank lines. Every row fills at least one line, and one over several lines, which
            # ends in this block, at least two: equal numbers prove that each filled line is a row.
            filled = _filled(first_line, data)
            if rows != len(filled):
                return None
        try:
            columns = [self._texts(table) for table in tables]
        except _LeaveError:
            return None
        self._tally.rows += lines
        self._tally.blank += lines - rows
        return self._convert(first_line, list(zip(tables, columns, strict=True)), filled)

    def _convert(
        self, first_line: int, tables: list[tuple[RecordBatch, dict[str, Any]]], filled: Array | None
    ) -> Iterator[RecordBatch]:
        at = 0
        for table, judged in tables:
            rows = table.num_rows
            if filled is None:
                lines = add_wrapping(self._batches.positions(rows), one(first_line + at))
            else:
                lines = filled.slice(at, rows)
            batch = self._batch(lines, table, judged)
            at += rows
            if batch.num_rows:
                yield batch

    def _texts(self, table: RecordBatch) -> dict[str, Any]:
        """What the small columns, the times and the values are found to be. Raises `_LeaveError`."""
        traits, codes = self._traits(table)
        for at in self._header.nameless:
            if any(found and found.strip() for found in dictionary_dictionary(table.column(at)).to_pylist()):
                raise _LeaveError
        good = [found for found in traits if isinstance(found, Traits)]
        factors = {found.factor for found in good} or {Fraction(1)}
        lengths = {found.minutes or self._terms.minutes for found in good} or {self._terms.minutes}
        if len(factors) > 1:
            raise _LeaveError
        until = None
        if self._end:
            lengths = {min(LENGTHS)}  # what is too much for one is judged by its own length in `rows`
            if MINUTES in self._header.roles or any(found.power for found in good):
                raise _LeaveError  # each row's length is said twice, or turns its power into energy
            until = self._instants(table, self._end)
        slots = self._instants(table, self._begin, starts=True)
        values = self._values(table.column(self._value), next(iter(factors)), min(lengths))
        return {"traits": traits, "codes": codes, "values": values, "slots": slots, "until": until}

    def _traits(self, table: RecordBatch) -> tuple[list[Any], Array | None]:
        """The distinct combinations of the small columns' texts, judged, and which of them each row has."""
        small = self._header.small
        if not small:
            return [self._judge.traits(self._header, ())], None
        if any(table.column(at).null_count for at in small):
            raise _LeaveError  # a blank has no place in a dictionary
        combinations, codes = self._together(table, small)
        return [self._judge.traits(self._header, found) for found in combinations], codes

    def _together(self, table: RecordBatch, columns: tuple[int, ...]) -> tuple[list[tuple[str, ...]], Array]:
        """The distinct combinations of some columns' texts, and which of them each row has. Raises `_LeaveError`."""
        texts = [dictionary_dictionary(table.column(at)).to_pylist() for at in columns]
        if len(columns) == 1:
            return [(found or "",) for found in texts[0]], dictionary_indices(table.column(columns[0]))
        indices = [cast(dictionary_indices(table.column(at)), INT64) for at in columns]
        codes = indices[0]
        for held, more in zip(texts[1:], indices[1:], strict=True):
            codes = add_wrapping(mul_wrapping(codes, one(max(1, len(held)))), more)
        encoded = dictionary_encode(codes)
        found = []
        distinct = dictionary_dictionary(encoded).to_pylist()
        if len(distinct) > _MAX_COMBINATIONS:
            raise _LeaveError
        for code in distinct:
            parts: list[str] = []
            left = code
            for held in reversed(texts):
                left, at = divmod(left, max(1, len(held)))
                parts.append(held[at] or "")
            found.append(tuple(reversed(parts)))
        return found, dictionary_indices(encoded)

    def _batch(self, lines: Array, table: RecordBatch, judged: dict[str, Any]) -> RecordBatch:
        rows = table.num_rows
        traits, codes, (values, scaled, value_at) = judged["traits"], judged["codes"], judged["values"]
        parts = {
            "slot": judged["slots"],
            "scaled": take(scaled, value_at),
            "value": take(values, value_at),
            "line": lines,
        }
        said = [found if isinstance(found, Traits) else None for found in traits]
        parts["version"] = self._spread([found and found.version for found in said], codes, rows)
        lengths = [found and (found.minutes or self._terms.minutes) for found in said]
        parts["minutes"] = self._spread(lengths, codes, rows)
        parts["channel"] = self._spread([found and found.channel for found in said], codes, rows, texts=True)
        parts["quality"] = self._spread([found and found.quality for found in said], codes, rows, texts=True)
        checks = []
        if judged["until"] is not None:
            parts["minutes"] = mul_wrapping(sub_wrapping(judged["until"], parts["slot"]), one(SLOT_MINUTES))
        elif self._each_says_its_minutes and not at_start(self._terms):
            parts["slot"] = sub_wrapping(parts["slot"], div(parts["minutes"], one(SLOT_MINUTES)))
        if self._each_says_its_minutes:
            checks.append(self._on_grid(parts["slot"], parts["minutes"]))
        parts["point"], parts["series"] = self._points(table, said, codes, rows)
        checks += [parts[name] for name in ("slot", "scaled", "version", "minutes", "series")]
        if any(check.null_count for check in checks):
            flawed = reduce(add_wrapping, checks)
            self._reject(lines, table, keep(self._batches.positions(rows), is_null(flawed)).to_pylist())
            good = is_not_null(flawed)
            parts = {name: keep(part, good) for name, part in parts.items()}
        return self._batches.make(**parts)

    def _spread(self, found: Sequence[Any], codes: Array | None, rows: int, *, texts: bool = False) -> Array:
        """One value for each combination of small columns, as a column of rows."""
        distinct = set(found)
        if len(distinct) == 1 and None not in distinct:
            return self._batches.same(found[0], rows)
        values = text(list(found)) if texts else Array(list(found), INT64)
        return take(values, self._batches.same(0, rows) if codes is None else codes)

    def _points(
        self, table: RecordBatch, said: list[Traits | None], codes: Array | None, rows: int
    ) -> tuple[Array, Array]:
        """The points, and each row's number of its series; null where there is none."""
        if self._point is None:
            good: list[str | None] = [self._terms.point]
            at = None
        else:
            column = table.column(self._point)
            names = [self._judge.point(found or "") for found in dictionary_dictionary(column).to_pylist()]
            good = [None if isinstance(name, Bad) else name for name in names]
            at = dictionary_indices(column)
        points = self._batches.same(self._terms.point or "", rows) if at is None else take(text(good), at)
        channels = sorted({found.channel for found in said if found})
        numbers = [
            None if name is None else self._batches.number(name, channel)
            for name in good
            for channel in channels or [""]
        ]
        if at is not None and len(channels) < 2:
            return points, take(Array(numbers, INT64), at)
        place = self._spread([found and channels.index(found.channel) for found in said], codes, rows)
        if at is None:
            return points, take(Array(numbers, INT64), place)
        at = add_wrapping(mul_wrapping(cast(at, INT64), one(len(channels))), place)
        return points, take(Array(numbers, INT64), at)

    def _instants(self, table: RecordBatch, columns: tuple[int, ...], *, starts: bool = False) -> Array:
        """Slots of times: on the grid of the file's minutes and in no future where they are `starts`.

        Raises `_LeaveError` where a time has several instants, and its neighbours have to tell which.
        """
        fixed = starts and not self._each_says_its_minutes
        slots = None
        if len(columns) == 1:
            column = table.column(columns[0])
            at = dictionary_indices(column)
            plain = cast(dictionary_dictionary(column), STRING)
            again = self._again.get((fixed, starts))
            slots = again and again.slots(plain, self._judge)
            if slots is None and (slots := self._canonical(plain, fixed=fixed, starts=starts)) is not None:
                self._again[fixed, starts] = _Again.of(plain, slots)
            texts = plain.to_pylist() if slots is None else []
        else:
            if any(table.column(one_of).null_count for one_of in columns):
                raise _LeaveError  # a blank has no place in a dictionary
            combinations, at = self._together(table, columns)
            texts = [" ".join(part.strip() for part in parts) for parts in combinations]
        if slots is None:
            rule = self._judge.start if fixed else self._judge.placed if starts else self._judge.until
            found = [rule(written or "") for written in texts]
            if any(isinstance(slot, Twice) for slot in found):
                raise _LeaveError
            slots = Array([None if isinstance(slot, Bad) else slot for slot in found], INT64)
        return take(slots, at)

    def _canonical(self, plain: Array, *, fixed: bool, starts: bool) -> Array | None:
        """The slots of times that are all written 2026-01-31T00:30:00Z and good; None when one is not.

        The engine's reading of them is trusted, because writing them again gives the same texts.
        """
        times = cast(plain, TIME)
        if not len(times) or times.null_count or plain.null_count or cast(times, STRING) != plain:
            return None
        found = cast(times, INT64)
        step = (self._terms.minutes // SLOT_MINUTES if fixed else 1) * SLOT_US
        low, high = minimum(found).as_py(), maximum(found).as_py()
        if (
            low < _FIRST
            or high > _LAST
            or maximum(rem(found, one(step))).as_py()
            or minimum(rem(found, one(step))).as_py()
        ):
            return None
        slots = div(found, one(SLOT_US))
        if fixed and not at_start(self._terms):
            slots = sub_wrapping(slots, one(self._terms.minutes // SLOT_MINUTES))
        if starts and (high > self._terms.received or low < EARLY):
            return None
        return slots

    def _on_grid(self, slots: Array, minutes: Array) -> Array:
        """Zero where a slot is on the grid of its row's minutes, and these are possible; else null."""
        both = dictionary_encode(add_wrapping(mul_wrapping(minutes, one(12)), rem(slots, one(12))))
        verdicts = []
        for code in dictionary_dictionary(both).to_pylist():
            length, place = divmod(code or 0, 12)  # of a slot before 1970 another place, of the same grids
            good = length in LENGTHS and place % (length // SLOT_MINUTES) == 0
            verdicts.append(0 if good else None)
        return take(Array(verdicts, INT64), dictionary_indices(both))

    def _values(self, column: Array, factor: Fraction, length: int) -> tuple[Array, Array, Array]:
        """Of the column's distinct texts the decimals and the whole numbers of 10^-9, null where they are none."""
        found = numbers(dictionary_dictionary(column), factor, length, self._judge)
        if found.flagged:
            raise _LeaveError  # flags speak of rows, and what was rounded is counted in rows
        return found.values, found.scaled, dictionary_indices(column)

    def _reject(self, lines: Array, table: RecordBatch, positions: list[int]) -> None:
        """Have these rows judged one by one: they are blank, or gaps, or rejected."""
        at = Array(positions, INT64)
        numbers = take(lines, at).to_pylist()
        texts = [take(cast(table.column(n), STRING), at).to_pylist() for n in range(len(self._header.names))]
        for line, *row in zip(numbers, *texts, strict=True):
            self._rows.row(line, [cell or "" for cell in row], counted=True)


def _filled(first_line: int, data: memoryview) -> Array:
    """The numbers of the lines that hold anything."""
    texts = enumerate(bytes(data).split(b"\n"), first_line)
    numbers = array("q", (line for line, found in texts if found not in (b"", b"\r")))
    return Array.from_buffer(numbers) if numbers else Array([], INT64)
