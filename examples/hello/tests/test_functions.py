"""Each function of the set, called as the local provider calls it, on a store in a folder of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.local import bootstrap
from adapters.local.invoke import invoke
from core.kernel.events import UnknownEvent
from core.kernel.functions import VARIABLE
from core.kernel.services import Services

EVENTS = Path(__file__).parent / "events" / "local"
BASE = "http://127.0.0.1:8000"


@pytest.fixture
def services(tmp_path: Path) -> Services:
    variables = bootstrap.environment(tmp_path, BASE, {VARIABLE: "examples.hello"})
    (tmp_path / "store" / "incoming").mkdir(parents=True)
    return bootstrap.services(variables, base_url=BASE)


def run(services: Services, function: str) -> Any:
    return invoke(services, function, json.loads((EVENTS / f"{function}.json").read_text()))


def drop(services: Services, content: str) -> None:
    assert services.store.folder is not None
    (services.store.folder / "incoming" / "people.csv").write_text(content)


def test_it_says_hello(services: Services) -> None:
    assert run(services, "web")["body"] == '{"message":"Hello Tim"}'


def test_the_rows_of_a_file_are_counted_however_often_it_comes(services: Services) -> None:
    drop(services, 'name,town\nTim,"Kings\nCross"\nAda,London\n')
    for _ in range(2):
        assert run(services, "count") == {"key": "incoming/people.csv", "rows": 2}
    assert list(services.documents.values("counts")) == [{"key": "incoming/people.csv", "rows": 2}]


def test_a_note_is_kept_once(services: Services) -> None:
    for _ in range(2):
        assert run(services, "keep") == {"text": "milk"}
    assert list(services.documents.values("notes")) == [{"text": "milk"}]


def test_what_is_no_note_is_refused(services: Services) -> None:
    with pytest.raises(UnknownEvent, match="the message is no note"):
        invoke(services, "keep", {"body": "milk"})


def test_the_day_is_summed_up(services: Services) -> None:
    drop(services, "name\nTim\nAda\n")
    run(services, "count")
    assert run(services, "summarize")["rows"] == 2
