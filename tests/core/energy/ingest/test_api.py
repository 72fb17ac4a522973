"""The reports of an account's ingestions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.local.signer import LocalSigner
from core.energy.accounts import accounts
from core.energy.ingest import reports
from core.energy.ingest.api import Ingestion
from core.kernel.api.app import App
from core.kernel.auth import access
from core.kernel.auth.authorizer import Principal
from core.kernel.clock import newest_first, sortable
from core.kernel.described import convert
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
        documents.create(reports.path("A", f"20260101T000000{number:06}-{number:016x}"), {"id": number, "landed": 0})
    app = App(services)
    asked = noted(monkeypatch)
    request = Request("GET", "/api/accounts/A/ingestions", "limit=25", caller=Principal("podge"))
    answer = json.loads(app.handle(request).body)
    assert [report["id"] for report in answer["ingestions"]] == list(range(299, 274, -1))
    assert answer["next"]
    assert len([one for one in asked if one.startswith("get ingestions/")]) == 25


def test_a_report_of_before_has_every_field_and_says_nothing_of_what_was_not_counted(services: Services) -> None:
    documents = services.documents
    accounts.ensure(documents, "A")
    access.grant(documents, "podge", "read", "A")
    before: dict[str, Any] = {
        "id": "20260707T000000000000-0123456789abcdef",
        "key": "incoming/A/july/meter.csv",
        "status": "accepted",
        "reason": None,
        "format": "long",
        "rows": 49,
        "accepted": 48,
        "rejected": 1,
        "readings": 48,
        "ignored_columns": ["site"],
        "first_rejects": [{"line": 7, "column": "kwh", "value": "x", "reason": "kWh is not a finite number"}],
        "rejects_key": "rejects/A/20260707T000000000000-0123456789abcdef.csv.gz",
        "table_version": 3,
        "bytes": 2000,
        "sha256": "ab" * 32,
        "created": "2026-07-07T00:00:00Z",
        "duration_ms": 40,
    }
    documents.create(reports.path("A", before["id"]), before)
    path = f"/api/accounts/A/ingestions/{before['id']}"
    answer = App(services).handle(Request("GET", path, caller=Principal("podge")))
    found = json.loads(answer.body)
    convert(found, Ingestion)
    listed = App(replace(services, signer=LocalSigner("http://local", lambda: [b"secret"], services.clock))).handle(
        Request("GET", f"{path}/rejects", caller=Principal("podge"))
    )
    assert "name=meter-rejected.csv.gz&" in json.loads(listed.body)["url"]
    layout = before.pop("format")
    assert {name: found[name] for name in before} == before
    assert (found["layout"], found["name"], found["blank"]) == (layout, "july/meter.csv", 0)
    assert {found[name] for name in ("gaps", "landed", "duplicates", "conflicts", "replaced")} == {None}


def test_an_ingestion_s_path_sorts_the_newest_first_and_is_found_by_its_id(clock: StoppedClock) -> None:
    ids = []
    for _ in range(50):
        ids.append(f"{sortable(clock())}-0123456789abcdef")
        clock.advance(hours=37, minutes=11, seconds=1.25)
    assert ids == sorted(ids)
    paths = [reports.path("A", one) for one in ids]
    assert paths == sorted(paths, reverse=True)
    assert [newest_first(path.split("/")[2].partition("-")[0]) for path in paths] == [one[:21] for one in ids]
