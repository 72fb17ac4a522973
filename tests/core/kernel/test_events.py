from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import msgspec
import pytest

from core.kernel import described
from core.kernel.events import UnknownEvent, read, utf8


class Form(msgspec.Struct):
    name: str


def test_an_event_of_another_form_names_what_is_wrong_and_what_is_there() -> None:
    assert read({"name": "a", "more": 1}, Form) == Form("a")
    with pytest.raises(UnknownEvent, match="missing required field `name`; the event has: more, other"):
        read({"other": 1, "more": 2}, Form)
    with pytest.raises(UnknownEvent, match="the event has: list"):
        read([], Form)


def test_a_form_is_used_by_one_thread_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """At its first use msgspec describes it; a process died in which two threads had it do so at once."""
    within = 0
    most = 0
    begin, convert = Barrier(8), msgspec.convert

    def counting(native: Any, form: Any) -> Any:
        nonlocal within, most
        within += 1
        most = max(most, within)
        try:
            time.sleep(0.0005)  # in which another thread would come
            return convert(native, form)
        finally:
            within -= 1

    def reading(_: int) -> None:
        begin.wait()
        for _ in range(10):
            read({"name": "a"}, Form)

    monkeypatch.setattr(described.msgspec, "convert", counting)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(reading, range(8)))
    assert most == 1


def test_half_a_character_is_shown() -> None:
    assert utf8("ü") == b"\xc3\xbc"
    with pytest.raises(UnknownEvent, match=r"'\\udc00' at character 2 is no whole character"):
        utf8("ab\udc00")
