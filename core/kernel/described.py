"""Types that threads share.

msgspec describes a type when it is first used. Where two threads have it do so at once for one type, the second uses a
description that is not whole yet, and the process dies (seen with msgspec 0.22.0 and Python 3.11.7).
"""

from __future__ import annotations

from threading import Lock
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_ONE_AT_A_TIME = Lock()


def describe(*forms: Any) -> None:
    """Have these described now; whatever thread uses them later finds it done."""
    with _ONE_AT_A_TIME:
        for form in forms:
            msgspec.json.Decoder(form)


def decoder(form: type[T]) -> msgspec.json.Decoder[T]:
    """What reads JSON as this type, which is described now."""
    with _ONE_AT_A_TIME:
        return msgspec.json.Decoder(form)


def convert(native: Any, form: type[T]) -> T:
    """`msgspec.convert` to a type that nobody may have used yet. Raises `msgspec.ValidationError`."""
    with _ONE_AT_A_TIME:
        return msgspec.convert(native, form)
