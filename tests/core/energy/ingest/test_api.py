"""The reports of an account's ingestions."""

from __future__ import annotations

import json

import pytest

from core.energy.accounts import accounts
from core.energy.ingest import reports
from core.kernel.api.app import App
from core.kernel.auth import access
from core.kernel.auth.authorizer import Principal
from core.kernel.clock import newest_first, sortable
from core.kernel.http import Request
from core.kernel.services import Services
from tests.conftest import StoppedClock
from tests.requests import noted


def test_a_look_for_the_newest_reports_reads_a_page_of_them_however_many_there_are(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = services.documents
    accounts.ensure(documents, "A")
    access.grant(documents, "podge", "read", "A")
    for number in range(300):
        documents.create(reports.path("A", f"20260101T000000{number:06}-{number:016x}"), {"id": number})
    app = App(services)
    asked = noted(monkeypatch)
    request = Request("GET", "/api/accounts/A/ingestions", "limit=25", caller=Principal("podge"))
    answer = json.loads(app.handle(request).body)
    assert [report["id"] for report in answer["ingestions"]] == list(range(299, 274, -1))
    assert answer["next"]
    assert len([one for one in asked if one.startswith("get ingestions/")]) == 25


def test_an_ingestion_s_path_sorts_the_newest_first_and_is_found_by_its_id(clock: StoppedClock) -> None:
    ids = []
    for _ in range(50):
        ids.append(f"{sortable(clock())}-0123456789abcdef")
        clock.advance(hours=37, minutes=11, seconds=1.25)
    assert ids == sorted(ids)
    paths = [reports.path("A", one) for one in ids]
    assert paths == sorted(paths, reverse=True)
    assert [newest_first(path.split("/")[2].partition("-")[0]) for path in paths] == [one[:21] for one in ids]
