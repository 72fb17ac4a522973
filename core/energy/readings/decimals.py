"""Exact numbers as text."""

from __future__ import annotations

from contextlib import AbstractContextManager
from decimal import Context, Decimal, localcontext

DIGITS = 60
"""More than any sum of energies times a rate has."""


def exactly() -> AbstractContextManager[Context]:
    """Within it, sums and products keep all their digits; Python's own 28 would round what has more, in silence."""
    return localcontext(prec=DIGITS)


def plain(value: Decimal) -> str:
    """Every digit that matters, and no exponent."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
