"""Inputs that are nearly right: bytes, words, lines or JSON values changed, taken out, doubled, or another input's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

WORDS = (
    *(b",", b";", b"|", b"\n", b"\r", b'"', b"'", b"=", b"[", b"}", b"%", b"%00", b"%2F", b"%ff", b"..", b"../", b"/"),
    *(b"0", b"-1", b"1e9", b"1e999", b"NaN", b"99999999999999999999", b"\xff", b"\0", b"\xc3\xa9", b"\xef\xbb\xbf"),
    *(b"2026-10-25", b"02:00", b"24:00", b"0001-01-01T00:00:00Z", b"9999-12-31T23:59:59Z", b"+14:00", b"[" * 2000),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 1e308, -0.0, "", "0", "*", "..", "../x", "a/b", "\0", "\ud800"),
    *("é", "x" * 300, "%2e%2e%2f", "0001-01-01", "9999-12-31T23:59:59Z", "1e400", "NaN", [], {}, [[]], {"": ""}),
)


def spoiled(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """The input with one to four things done to it; `others` is what it may be mixed with."""
    for _ in range(random.randint(1, 4)):
        data = _once(data, others, random)
    return data


def _once(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    at = random.randrange(len(data) + 1)
    kind = random.choice(("cut", "word", "line", "other", "byte", "json", "json", "part"))
    if kind == "json":
        return _value(data, random)
    if kind == "cut":
        return data[:at]
    if kind == "word":
        return data[:at] + random.choice(WORDS) + data[at + random.randint(0, 3) :]
    if kind == "byte":
        return data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]
    if kind == "part":  # taken out, or doubled
        end = min(len(data), at + random.randint(1, 16))
        return data[:at] + data[at:end] * random.choice((0, 2)) + data[end:]
    if kind == "other" and others:
        other = random.choice(others)
        return data[:at] + other[random.randrange(len(other) + 1) :]
    lines = data.splitlines(keepends=True)
    if lines:
        place = random.randrange(len(lines))
        lines[place : place + random.randint(0, 2)] = [random.choice(lines)]
    return b"".join(lines)


def _value(data: bytes, random: Random) -> bytes:
    """JSON with one of its values another, its name another, or gone; what is no JSON stays."""
    try:
        whole = json.loads(data)
    except (ValueError, RecursionError):
        return data
    places = list(_places(whole))
    if not places:
        return json.dumps(random.choice(VALUES)).encode()
    holder, key = random.choice(places)
    kind = random.choice(("value", "value", "gone", "double", "text"))
    if kind == "gone":
        del holder[key]
    elif kind == "double":
        holder[key] = [holder[key], holder[key]]
    elif kind == "text" and isinstance(holder[key], str):
        text = holder[key]
        at = random.randrange(len(text) + 1)
        holder[key] = text[:at] + random.choice(WORDS).decode(errors="surrogateescape") + text[at + 1 :]
    else:
        holder[key] = random.choice(VALUES)
    return json.dumps(whole).encode()


def _places(value: Any) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)
