"""Rows of readings as Arrow record batches, and the proof that no reading occurs twice among them."""

from __future__ import annotations

from array import array
from datetime import datetime
from itertools import permutations

from arro3.compute import add_wrapping, cast, mul_wrapping, sub_wrapping, take
from arro3.compute import min as minimum
from arro3.core import Array, DataType, RecordBatch

from core.energy.ingest.series import SeriesLog
from core.energy.ingest.times import SLOT_US
from core.energy.readings.schema import BATCH, DECIMALS, LINE, SMALL, STRING, TEXT, TIME, VALUE
from core.kernel.clock import microseconds

ROWS = 192 * 1024
"""Rows of a batch at most."""
FEW = 1024
"""Rows that the columns alike in every batch are made for at first."""
MAX_SERIES = 100_000
"""Series of one object whose order is watched; memory must not grow with what a file holds."""
INT64 = DataType.int64()

# Bits that each key needs, so that any order of the three fits one 64-bit number.
_BITS = {"series": 29, "start": 28, "version": 5}

Row = tuple[str, str, int, int, int, int, str, int]
"""Point, channel, slot, minutes, version, value in 10^-9, quality, line."""


class Strictly:
    """Watches the keys of a file go by and tells whether they are strictly increasing in some column order.

    If they are, no reading occurs twice; a file sorted any way people sort files passes. If not, nothing is known.
    """

    def __init__(self) -> None:
        self._orders: dict[tuple[str, ...], int] = dict.fromkeys(permutations(_BITS), -(2**63))

    @property
    def increasing(self) -> bool:
        return bool(self._orders)

    def give_up(self) -> None:
        """Know nothing from here on."""
        self._orders.clear()

    def observe(self, series: Array, slot: Array, version: Array) -> None:
        """Keys of the next rows: a number for each point and channel, slots since 1970, version; all int64."""
        if not len(slot) or not self._orders:
            return
        keys = {"series": series, "start": slot, "version": version}
        for order, last in list(self._orders.items()):
            codes = keys[order[0]]
            for name in order[1:]:
                codes = add_wrapping(mul_wrapping(codes, one(1 << _BITS[name])), keys[name])
            steps = sub_wrapping(codes.slice(1), codes.slice(0, len(codes) - 1))
            if codes[0].as_py() <= last or (len(steps) and minimum(steps).as_py() <= 0):
                del self._orders[order]
            else:
                self._orders[order] = codes[len(codes) - 1].as_py()


class Batches:
    """Makes batches of the table's columns for one object. `parted` says that a channel has parts (`parts`)."""

    def __init__(self, source: str, received: datetime) -> None:
        self.order = Strictly()
        self.series = SeriesLog()
        self.rows = self.last_line = 0
        self.parted = False
        self.expected: dict[tuple[str, str], tuple[int, int]] = {}
        self._source, self._received = source, microseconds(received)
        self._numbers: dict[tuple[str, str], int] = {}
        self._same: dict[str | int, Array] = {}
        self._fill(FEW)

    def _fill(self, rows: int) -> None:
        """Have what is alike in every row for so many rows."""
        self._zeros = Array.from_buffer(array("i", bytes(4 * rows)))
        self._count = Array.from_buffer(array("q", range(rows)))
        self._times = cast(take(Array([self._received], INT64), self._zeros), TIME)
        self._same.clear()

    def _reach(self, rows: int) -> None:
        if rows > len(self._count):
            self._fill(max(rows, min(ROWS, 2 * len(self._count))))

    def positions(self, rows: int) -> Array:
        """0, 1, 2 ... as int64."""
        self._reach(rows)
        return self._count.slice(0, rows)

    def same(self, value: str | int, rows: int) -> Array:
        """One text (as `TEXT`) or whole number (as int64) in every row."""
        self._reach(rows)
        if value not in self._same:
            if isinstance(value, str):
                self._same[value] = cast(take(Array([value], STRING), self._zeros), TEXT)
            else:
                return take(Array([value], INT64), self._zeros.slice(0, rows))
        return self._same[value].slice(0, rows)

    def number(self, point: str, channel: str) -> int:
        """A small number for a series, the same throughout the object (as long as the order is watched)."""
        self.parted = self.parted or "/" in channel
        number = self._numbers.setdefault((point, channel), len(self._numbers))
        if len(self._numbers) > MAX_SERIES:
            self._numbers.clear()
            self.order.give_up()
            self.series.give_up()
        return number

    def expect(self, point: str, channel: str, first: int, last: int) -> None:
        """Note that the file has these slots of a series, whether their readings are good or not."""
        self.parted = self.parted or "/" in channel  # a part none of whose rows is good is missed all the same
        begun, ended = self.expected.get((point, channel), (first, last))
        if len(self.expected) < MAX_SERIES:
            self.expected[point, channel] = min(begun, first), max(ended, last)

    def became(self, rows: int) -> None:
        """The file has so many rows now, in an order and with series of which nothing is known."""
        self.rows = rows
        self.order.give_up()
        self.series.give_up()
        self._numbers.clear()

    def named(self) -> dict[int, tuple[str, str]]:
        """The point and channel of each number."""
        return {number: series for series, number in self._numbers.items()}

    def make(
        self,
        *,
        point: Array,
        channel: Array,
        series: Array,
        slot: Array,
        minutes: Array,
        version: Array,
        value: Array,
        scaled: Array,
        quality: Array,
        line: Array,
    ) -> RecordBatch:
        """A batch of at most `ROWS` rows; numbers are int64, `value` decimal and `scaled` the same in 10^-9."""
        rows = len(slot)
        self.order.observe(series, slot, version)
        self.series.observe(self.positions(rows), series, slot, version, scaled, minutes)
        self.rows += rows
        if rows:
            self.last_line = max(self.last_line, line[rows - 1].as_py())
        columns = [
            point,
            channel,
            cast(mul_wrapping(slot, one(SLOT_US)), TIME),
            cast(minutes, SMALL),
            cast(version, SMALL),
            value,
            quality,
            self.same(self._source, rows),
            self._times.slice(0, rows),
            line,
        ]
        return RecordBatch.from_arrays(columns, schema=BATCH)

    def from_rows(self, rows: list[Row]) -> RecordBatch:
        """A batch of rows."""
        points, channels, slots, minutes, versions, scaled, qualities, lines = map(list, zip(*rows, strict=True))
        numbers = [self.number(point, channel) for point, channel in zip(points, channels, strict=True)]
        return self.make(
            point=text(points),
            channel=text(channels),
            series=Array(numbers, INT64),
            slot=Array(slots, INT64),
            minutes=Array(minutes, INT64),
            version=Array(versions, INT64),
            value=exact(scaled),
            scaled=Array(scaled, INT64),
            quality=text(qualities),
            line=Array(lines, LINE),
        )


def text(values: list[str | None]) -> Array:
    """Texts as the batches have them."""
    return cast(Array(values, STRING), TEXT)


def exact(scaled: list[int | None]) -> Array:
    """Decimals from whole numbers of 10^-9."""
    unit = 10**DECIMALS
    texts = [
        None if value is None else f"{'-' if value < 0 else ''}{abs(value) // unit}.{abs(value) % unit:0{DECIMALS}}"
        for value in scaled
    ]
    return cast(Array(texts, STRING), VALUE)


def one(value: int) -> Array:
    return Array([value], INT64)
