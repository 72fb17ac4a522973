"""Rows of readings as Arrow record batches, and the proof that no reading occurs twice among them."""

from __future__ import annotations

from array import array
from datetime import datetime
from itertools import permutations

from arro3.compute import add_wrapping, cast, mul_wrapping, sub_wrapping, take
from arro3.compute import min as minimum
from arro3.core import Array, DataType, RecordBatch

from core.energy.ingest.fields import HALF_HOUR_US
from core.energy.readings.schema import BATCH, KWH, KWH_DECIMALS, LINE, TEXT, TIME, VERSION
from core.kernel.clock import microseconds

ROWS = 192 * 1024
"""Rows of a batch at most."""
FEW = 1024
"""Rows that the columns alike in every batch are made for at first."""
MAX_POINTS = 100_000
"""Points of one object whose order is watched; memory must not grow with what a file holds."""
INT64 = DataType.int64()

# Bits that each key needs, so that any order of the three fits one 64-bit number.
_BITS = {"point": 29, "start": 28, "version": 5}


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

    def observe(self, point_number: Array, half_hour: Array, version: Array) -> None:
        """Keys of the next rows: a number for each distinct point, half hours since 1970, version; all int64."""
        if not len(half_hour) or not self._orders:
            return
        keys = {"point": point_number, "start": half_hour, "version": version}
        for order, last in list(self._orders.items()):
            codes = keys[order[0]]
            for name in order[1:]:
                codes = add_wrapping(mul_wrapping(codes, _one(1 << _BITS[name])), keys[name])
            steps = sub_wrapping(codes.slice(1), codes.slice(0, len(codes) - 1))
            if codes[0].as_py() <= last or (len(steps) and minimum(steps).as_py() <= 0):
                del self._orders[order]
            else:
                self._orders[order] = codes[len(codes) - 1].as_py()


class Batches:
    """Makes batches of the table's columns for one object."""

    def __init__(self, source: str, received: datetime) -> None:
        self.order = Strictly()
        self.rows = 0
        self._same = (Array([source], DataType.string()), Array([microseconds(received)], INT64))
        self._points: dict[str, int] = {}
        self._fill(FEW)

    def _reach(self, rows: int) -> None:
        """Have the columns that are alike in every batch, for one of so many rows."""
        if rows > len(self._count):
            self._fill(max(rows, min(ROWS, 2 * len(self._count))))

    def _fill(self, rows: int) -> None:
        """Make those columns anew."""
        source, received = self._same
        zeros = Array.from_buffer(array("i", bytes(4 * rows)))
        self._source = cast(take(source, zeros), TEXT)
        self._received = cast(take(received, zeros), TIME)
        self._count = Array.from_buffer(array("q", range(rows)))

    def positions(self, rows: int) -> Array:
        """0, 1, 2 ... as int64."""
        self._reach(rows)
        return self._count.slice(0, rows)

    def point_number(self, point: str) -> int:
        """A small number for the point, the same throughout the object (as long as the order is watched)."""
        number = self._points.setdefault(point, len(self._points))
        if len(self._points) > MAX_POINTS:
            self._points.clear()
            self.order.give_up()
        return number

    def make(
        self, *, point: Array, point_number: Array, half_hour: Array, version: Array, kwh: Array, line: Array
    ) -> RecordBatch:
        """A batch of at most `ROWS` rows; numbers are int64, `kwh` is decimal, `point` text."""
        rows = len(half_hour)
        self._reach(rows)
        self.order.observe(point_number, half_hour, version)
        self.rows += rows
        columns = [
            point,
            cast(mul_wrapping(half_hour, _one(HALF_HOUR_US)), TIME),
            cast(version, VERSION),
            kwh,
            self._source.slice(0, rows),
            self._received.slice(0, rows),
            line,
        ]
        return RecordBatch.from_arrays(columns, schema=BATCH)

    def from_rows(self, rows: list[tuple[str, int, int, int, int]]) -> RecordBatch:
        """A batch of (point, start in microseconds, version, kWh in 10^-9, line)."""
        points, starts, versions, kwh, lines = (list(column) for column in zip(*rows, strict=True))
        return self.make(
            point=cast(Array(points, DataType.string()), TEXT),
            point_number=Array([self.point_number(point) for point in points], INT64),
            half_hour=Array([start // HALF_HOUR_US for start in starts], INT64),
            version=Array(versions, INT64),
            kwh=exact_kwh(kwh),
            line=Array(lines, LINE),
        )


def exact_kwh(scaled: list[int | None]) -> Array:
    """Decimals from whole numbers of 10^-9 kWh."""
    unit = 10**KWH_DECIMALS
    texts = [
        None if value is None else f"{'-' if value < 0 else ''}{abs(value) // unit}.{abs(value) % unit:0{KWH_DECIMALS}}"
        for value in scaled
    ]
    return cast(Array(texts, DataType.string()), KWH)


def _one(value: int) -> Array:
    return Array([value], INT64)
