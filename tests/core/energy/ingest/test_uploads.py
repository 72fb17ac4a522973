"""What is sent with a signed URL: for the account as it was when the URL was asked for, and for no later one."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import obstore
import pytest
from msgspec.structs import replace

from adapters.local.signer import LocalSigner
from core.energy.accounts import accounts
from core.energy.ingest.handler import ingest
from core.energy.readings import query
from core.kernel.api.app import App
from core.kernel.auth import access
from core.kernel.auth.authorizer import Principal
from core.kernel.events import ObjectCreated
from core.kernel.http import Request
from core.kernel.services import Services
from core.kernel.store import Store
from tests.core.energy.ingest.test_handler import drop
from tests.core.energy.test_jobs import NEW, OLD, delete, delete_again, held

SAMPLE = Path(__file__).parents[4] / "web" / "public" / "sample-meter-file.csv"
"""What the site gives to who has no meter file at hand."""


def signed(services: Services, name: str = "sent.csv") -> str:
    """The key for which podge is given a URL that is good for some minutes."""
    access.grant(services.documents, "podge", "upload", "A")
    body = json.dumps({"name": name, "bytes": len(OLD)}).encode()
    services = replace(services, signer=LocalSigner("http://local", lambda: [b"secret"], services.clock))
    request = Request("POST", "/api/accounts/A/uploads", body=body, caller=Principal("podge"))
    return str(json.loads(App(services).handle(request).body)["key"])


def sent(store: Store, key: str, content: bytes = OLD) -> ObjectCreated:
    obstore.put(store.client, key, content)
    return ObjectCreated(key)


def test_what_is_sent_with_the_url_of_a_deleted_account_makes_none_and_is_erased(
    services: Services, store: Store
) -> None:
    """Whether the account had been there when the URL was asked for, or is made for it."""
    for _ in range(2):
        key = signed(services)
        assert accounts.exists(services.documents, "A")
        delete(services)
        assert ingest(store, sent(store, key)) is None
        assert held(store) == []
        assert not accounts.exists(services.documents, "A")
        with pytest.raises(FileNotFoundError):
            obstore.head(store.client, key)


def test_what_is_sent_with_the_url_of_a_deleted_account_is_no_file_of_a_later_one(
    services: Services, store: Store
) -> None:
    old = signed(services)
    delete(services)
    assert (ingest(store, drop(store, "new.csv", NEW)) or {})["accepted"] == 1
    new = signed(services)
    assert ingest(store, sent(store, old)) is None
    assert (ingest(store, sent(store, new, NEW.replace(b"T00:00", b"T00:30"))) or {})["accepted"] == 1
    (point,) = query.points(store, "A")
    assert (point.rows, point.first.month) == (2, 2)


@pytest.mark.parametrize("folder", ["upload-2026", "upload-20260131", "upload-cafe", "upload-", "upload-june", "2026"])
def test_a_folder_that_only_looks_like_an_upload_is_part_of_a_dropped_file_s_name(store: Store, folder: str) -> None:
    key = f"incoming/A/{folder}/feb.csv"
    assert (ingest(store, sent(store, key)) or {})["key"] == key
    obstore.head(store.client, key)


def test_what_is_sent_while_the_account_is_being_deleted_is_erased(services: Services, store: Store) -> None:
    key = signed(services)
    identity = accounts.identity(services.documents, "A")
    assert identity is not None
    assert accounts.condemn(services.documents, "A", identity)
    assert ingest(store, sent(store, key)) is None
    delete_again(services, identity)
    assert held(store) == []


def test_the_site_s_sample_file_is_a_week_that_is_accepted_whole_as_the_first_file_of_an_account(
    services: Services, store: Store
) -> None:
    def asked(method: str, path: str, query: str = "", **body: Any) -> Any:
        sent = json.dumps(body).encode() if body else b""
        request = Request(method, f"/api/accounts/A{path}", query, body=sent, caller=Principal("podge"))
        answer = App(services).handle(request)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    content = SAMPLE.read_bytes()
    access.grant(services.documents, "podge", "read", "A")
    key = signed(services, SAMPLE.name)
    look = asked("POST", "/preview", name=SAMPLE.name, start=base64.b64encode(content).decode(), whole=True)
    assert (look["layout"], look["lacking"], look["refused"], look["accepted"]) == ("long", [], None, 7 * 48)
    ingest(store, sent(store, key, content))
    (report,) = asked("GET", "/ingestions")["ingestions"]
    assert report["verdict"] == "All 336 rows were accepted; all 336 readings landed."
    assert (report["ignored_columns"], report["assumed"]) == ([], [])
    (point,) = asked("GET", "/points")["points"]
    assert (point["kind"], point["zone"], point["channels"], point["rows"]) == (
        "mpan",
        "Europe/London",
        ["import"],
        336,
    )
    days = asked("GET", "/readings", f"point={point['point']}&from=2026-06-01&to=2026-06-08&resolution=day")
    assert days["missing"] == [0] * 7
    native = asked("GET", "/readings", f"point={point['point']}&from=2026-06-01&to=2026-06-08&resolution=native")
    assert set(native["quality"]) == {"actual", "estimated"}
