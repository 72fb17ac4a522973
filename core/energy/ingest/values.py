"""A column's distinct texts as exact numbers, by the rules in `fields`; short plain ones all at once."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from arro3.compute import cast, mul
from arro3.compute import max as maximum
from arro3.compute import min as minimum
from arro3.core import Array, DataType

from core.energy.ingest.batches import INT64, exact
from core.energy.ingest.fields import FAULTS, Bad, Value
from core.energy.ingest.judge import Judge
from core.energy.readings.schema import DECIMALS, STRING
from core.energy.readings.schema import VALUE as DECIMAL

_SHORT = 10
"""Characters within which no number has more digits than the table's decimal, so that the cast is exact."""
_SCALE = cast(Array([str(10**DECIMALS)], STRING), DataType.decimal128(10, 0))


@dataclass(frozen=True, slots=True)
class Numbers:
    """Decimals, and whole numbers of 10^-9, null where a text is none; `odd` are texts that are neither plain nor gaps.

    An odd text is bad, or it is `flagged`: it has a flag of quality, or was rounded.
    """

    values: Array
    scaled: Array
    odd: frozenset[str] = frozenset()
    flagged: bool = False


def numbers(distinct: Array, factor: Fraction, length: int, judge: Judge) -> Numbers:
    """What distinct texts are, in units of which `factor` make a kWh (kVArh), of intervals of so many minutes."""
    texts = distinct.to_pylist()
    if factor == 1 and judge.terms.decimal == "." and max(map(len, texts), default=0) <= _SHORT:
        decimals = cast(distinct, DECIMAL)
        if not decimals.null_count and len(decimals):
            bound = min(FAULTS)
            if -bound < Decimal(minimum(decimals).as_py()) and Decimal(maximum(decimals).as_py()) < bound:
                return Numbers(decimals, cast(mul(decimals, _SCALE), INT64))
    found = [judge.value(written or "", factor, length) for written in texts]
    flagged = {
        written or ""
        for written, value in zip(texts, found, strict=True)
        if isinstance(value, Value) and (value.quality or value.rounded)
    }
    bad = {written or "" for written, value in zip(texts, found, strict=True) if isinstance(value, Bad)}
    scaled = [value.scaled if isinstance(value, Value) else None for value in found]
    return Numbers(exact(scaled), Array(scaled, INT64), frozenset(flagged | bad), bool(flagged))
