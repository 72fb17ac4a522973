"""What packages bring compiled: the same bytes from each run, of one Python, in the place where that one looks."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from tools.bytecode import MAGIC, TAG, NotCompiled, _checked, compiled

SOURCES = {
    "a/__init__.py": b"",
    "a/b.py": b"KINDS = frozenset({'read', 'write', 'admin'})\n\ndef f(x: int) -> bool:\n    return x in {1, 2, 3}\n",
    "c.py": "def gr\u00fc\u00dfe():\n    return '\\d'\n".encode(),
}


def test_two_runs_give_the_same_bytes_in_whatever_order_and_company_a_source_comes() -> None:
    made = compiled(SOURCES)
    assert compiled(dict(reversed(SOURCES.items()))) == made
    assert compiled({"a/b.py": SOURCES["a/b.py"]}).items() <= made.items()


def test_each_lies_where_python_looks_and_is_taken_without_a_look_at_its_source() -> None:
    made = compiled(SOURCES)
    places = {importlib.util.cache_from_source(name) for name in SOURCES}
    assert set(made) == {place.replace(sys.implementation.cache_tag or "", TAG) for place in places}
    assert {content[:8] for content in made.values()} == {MAGIC + b"\x01\0\0\0"}


def test_a_source_that_is_no_python_is_refused_by_its_name() -> None:
    with pytest.raises(NotCompiled, match=r"wrong\.py.*\n.*def f\("):
        compiled({**SOURCES, "a/wrong.py": b"def f(:\n"})


def test_what_another_python_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotCompiled, match=r"no b\.pyc was made"):
        _checked(tmp_path / "b.pyc")
    (tmp_path / "b.pyc").write_bytes(b"\xa7\r\r\n" + bytes(12))
    with pytest.raises(NotCompiled, match=r"b\.pyc begins with b'\\xa7"):
        _checked(tmp_path / "b.pyc")
