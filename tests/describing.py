"""Whether msgspec describes a type anew: for that it runs code of `typing`, between whose lines another thread may."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import msgspec


def is_described(form: Any) -> bool:
    """Whether the type had been described before it is used here."""
    ran: list[str] = []

    def look(frame: FrameType, event: str, _: Any) -> None:
        if frame.f_code.co_filename.endswith("typing.py"):
            ran.append(frame.f_code.co_name)

    before = sys.gettrace()
    sys.settrace(look)
    try:
        msgspec.convert({}, form)
    except msgspec.ValidationError:
        pass  # a field is missing; the type is described all the same
    finally:
        sys.settrace(before)
    return not ran
