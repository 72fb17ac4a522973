"""What a contender took is its own."""

from __future__ import annotations

import pytest

from bench import measure

HELD = 150 * 2**20


def test_a_contenders_peak_is_its_own_and_not_that_of_who_started_it() -> None:
    held = bytearray(HELD)
    for at in range(0, HELD, 4096):
        held[at] = 1
    assert measure.process(["-c", "pass"]).peak < 60
    assert measure.process(["-c", f"bytearray(b'1' * {HELD})"]).peak > 150


def test_a_contenders_cpu_is_counted_with_its_childrens() -> None:
    work = "sum(range(20_000_000))"
    alone = measure.process(["-c", work])
    child = measure.process(["-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{work}'])"])
    assert child.cpu > 0.6 * alone.cpu > 0
    assert child.wall > 0


def test_a_contender_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match="no such meter"):
        measure.process(["-c", "import sys; print('no such meter', file=sys.stderr); sys.exit(3)"])
