"""The list of runs and settlements: the newest, at the same cost however many somebody asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.energy.accounts import accounts
from core.energy.settlement import batches, documents
from core.energy.settlement.api import MOST_SHOWN
from core.kernel.api.app import App
from core.kernel.auth import access
from core.kernel.auth.authorizer import Principal
from core.kernel.http import Request
from core.kernel.services import Services
from core.kernel.workflow import runs
from tests.conftest import StoppedClock
from tests.requests import noted

PATH = "/api/accounts/A/settlements"


@pytest.fixture
def app(services: Services) -> App:
    accounts.ensure(services.documents, "A")
    access.grant(services.documents, "sam", "settle", "A")
    return App(services)


def ask(app: App, method: str = "GET", body: bytes = b"") -> Any:
    return json.loads(app.handle(Request(method, PATH, body=body, caller=Principal("sam"))).body)


def test_a_list_of_runs_reads_no_more_than_it_shows_however_many_were_asked_for(
    app: App, services: Services, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []
    for _ in range(MOST_SHOWN + 30):
        begun.append(ask(app, "POST", b'{"month": "2026-05"}')["id"])
        clock.advance(seconds=1)
    asked = noted(monkeypatch)
    assert [run["id"] for run in ask(app)["runs"]] == begun[: -MOST_SHOWN - 1 : -1]
    assert len([one for one in asked if one.startswith("get runs/")]) == MOST_SHOWN


def test_a_run_of_a_batch_is_listed_by_when_it_was_asked_for(app: App, services: Services, clock: StoppedClock) -> None:
    named = []
    for number in range(3):
        named.append(ask(app, "POST", b'{"month": "2026-05"}')["id"])
        clock.advance(seconds=1)
        run = batches.run_of(f"monthly-{number}", "A")
        runs.create(services, run, {"account": "A", "month": "2026-05", "estimate": False})
        named.append(run.id)
        clock.advance(seconds=1)
    assert [run["id"] for run in ask(app)["runs"]] == named[::-1]


def test_a_list_of_settlements_reads_no_more_than_it_shows_however_often_a_month_was_settled(
    app: App, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"month": "2026-05", "run": "x", "settled": "2026-06-01T00:00:00Z", "currency": "GBP", "total": "1"}
    for version in range(1, MOST_SHOWN + 31):
        document = {**said, "version": version, "estimated_kwh": "0"}
        services.documents.create(documents.path("A", "2026-05", version), document)
        services.documents.create(f"settlements/A/2026-05/{version}-days.json", {})
    asked = noted(monkeypatch)
    versions = [one["version"] for one in ask(app)["settlements"]]
    assert versions == list(range(MOST_SHOWN + 30, 30, -1))
    assert len([one for one in asked if one.startswith("get settlements/")]) == MOST_SHOWN
