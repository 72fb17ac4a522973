"""What is looked at before a set is packaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.kernel.functions import load
from core.kernel.triggers import Misdeclared
from core.kernel.validation import checked


def test_what_a_process_would_find_out_late_is_found_out_before() -> None:
    assert checked("core.energy") is load("core.energy")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "routes=(Route('POST', '/api/login', handle, 'x', {}, ANYONE),)",
            "POST /api/login and POST /api/login answer",
        ),
        (
            "jobs=(Job('a', 'q', Struct, handle),)",
            "the message of the job 'a' is no msgspec.Struct with tag_field='job'",
        ),
    ],
)
def test_a_set_that_no_request_could_be_answered_by_is_never_packaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    name = f"late{abs(hash(text)) % 10**8}"
    (tmp_path / name).mkdir()
    (tmp_path / name / "functions.py").write_text(f"""
from msgspec import Struct
from core.kernel.api.context import ANYONE, Route
from core.kernel.functions import Function, FunctionSet, Job
from core.kernel.triggers import Http, Queue

def handle(*_): ...

queue = () if "{text[:6]}" == "routes" else (Function("take", Queue("q")),)
FUNCTIONS = FunctionSet("Late", (Function("web", Http()), *queue), {text})
""")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(Misdeclared, match=said):
        checked(name)
