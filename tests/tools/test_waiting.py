"""The one wait."""

from __future__ import annotations

import pytest

from tools import waiting
from tools.waiting import NeverCame, eventually


def test_it_ends_with_the_first_answer_that_is_something() -> None:
    answers = iter([None, [], "", 0, "there", "later"])
    assert eventually("an answer", lambda: next(answers), every=0) == "there"


def test_what_never_comes_is_named_with_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "PATIENCE", 0.01)
    with pytest.raises(NeverCame, match=r"the report did not come within 0\.01 s \(TREFOIL_PATIENCE\)"):
        eventually("the report", lambda: None, every=0)


def test_what_looking_raises_ends_the_wait() -> None:
    with pytest.raises(ZeroDivisionError):
        eventually("an answer", lambda: 1 // 0)
