"""Files that are nearly right, cut, doubled and mixed: nothing crashes, and every row is told. And what fuzzers found."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.ingestion import EXAMPLES, FOUND, TARGETS, check

FILES = sorted(path for path in EXAMPLES.iterdir())
WORDS = [
    b",",
    b";",
    b"|",
    b"\n",
    b"\r",
    b'"',
    b"0",
    b"-1",
    b"1e9",
    b"NaN",
    b"\xff",
    b"\0",
    b"2026-10-25",
    b"02:00",
    b"24:00",
    b"[",
    b"}",
]


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """An example with some of its bytes or lines changed, taken out, doubled, or another example's."""
    content = draw(st.sampled_from(FILES)).read_bytes()
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["cut", "word", "line", "other", "byte"]))
        at = draw(st.integers(0, max(0, len(content) - 1)))
        if kind == "cut":
            content = content[:at]
        elif kind == "word":
            content = content[:at] + draw(st.sampled_from(WORDS)) + content[at + draw(st.integers(0, 3)) :]
        elif kind == "byte":
            content = content[:at] + bytes([draw(st.integers(0, 255))]) + content[at + 1 :]
        elif kind == "line":
            lines = content.splitlines(keepends=True)
            if lines:
                place = draw(st.integers(0, len(lines) - 1))
                lines[place : place + draw(st.integers(0, 2))] = [lines[draw(st.integers(0, len(lines) - 1))]]
                content = b"".join(lines)
        else:
            content += draw(st.sampled_from(FILES)).read_bytes()
    return content


@pytest.mark.parametrize("part", range(4))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=spoilt())
def test_a_spoilt_file_crashes_nothing_and_loses_no_row(part: int, data: bytes) -> None:
    check("long", data)
    check("recognition", data)


@pytest.mark.parametrize("path", sorted(FOUND.glob("*-*")), ids=lambda path: path.name)
def test_what_was_found_once_does_not_happen_again(path: Path) -> None:
    check(next(target for target in TARGETS if path.name.startswith(target)), path.read_bytes())
