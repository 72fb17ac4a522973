"""Exact numbers as text."""

from __future__ import annotations

from decimal import Decimal


def plain(value: Decimal) -> str:
    """Every digit that matters, and no exponent."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
