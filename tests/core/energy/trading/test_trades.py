"""Trades: what a page of them costs, and what a crash leaves."""

from __future__ import annotations

import io
import json
import resource
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.energy.accounts import accounts
from core.energy.trading import products, trades
from core.kernel import logs
from core.kernel.api import cursor
from core.kernel.api.app import App
from core.kernel.auth import access
from core.kernel.auth.authorizer import Principal
from core.kernel.documents import Documents
from core.kernel.http import Request, json_bytes
from core.kernel.services import Services
from core.kernel.store import open_store
from tests import requests
from tests.conftest import StoppedClock

TRADES = "/api/accounts/A/trades"


@pytest.fixture
def app(services: Services) -> App:
    store = open_store("memory:///")
    services = replace(services, store=store, documents=Documents(store))
    accounts.ensure(services.documents, "A")
    for action in ("read", "trade"):
        access.grant(services.documents, "podge", action, "A")
    products.save(services.documents, {"id": "green", "unit_rate": "0.25", "currency": "GBP"})
    return App(services)


def place(app: App, key: str, kwh: str = "1") -> tuple[int, dict[str, Any]]:
    body = json_bytes({"product": "green", "kwh": kwh})
    reply = app.handle(Request("POST", TRADES, "", (("idempotency-key", key),), body, caller=Principal("podge")))
    return reply.status, json.loads(reply.body)


def listed(app: App, query: str = "") -> dict[str, Any]:
    reply = app.handle(Request("GET", TRADES, query, caller=Principal("podge")))
    assert reply.status == 200, reply.body
    return dict(json.loads(reply.body))


def test_a_page_of_trades_reads_a_page_of_them_however_many_there_are(
    app: App, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = []
    for number in range(60):
        clock.advance(seconds=60 - number)  # the clock does not always tick alike
        placed.append(place(app, str(number))[1])
    asked = requests.noted(monkeypatch)
    page = listed(app, "limit=5")
    assert page["trades"] == placed[:5]
    assert [one for one in asked if "trades/" in one] == [
        "list trades/A/placed",
        *(one for one in asked if one.startswith("get trades/A/placed/")),
    ]
    assert len(asked) == 2 + 1 + 5  # the grants and the account, the names, and the trades
    found = page["trades"]
    while page["next"]:
        page = listed(app, f"limit=7&cursor={page['next']}")
        found += page["trades"]
    assert found == placed


def test_a_trade_asks_six_things_of_the_store(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = requests.noted(monkeypatch)
    assert place(app, "1")[0] == 201
    assert [one.split("/")[0] for one in asked] == [
        "get grants",
        "get accounts",
        "get products",
        "get settings",
        "put trades",
        "put trades",
    ]


def test_a_crash_before_a_trade_is_listed_leaves_none_and_the_same_request_places_it(
    app: App, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Documents, "put", None)
        assert place(app, "1")[0] == 500
    assert listed(app)["trades"] == []
    begun = clock.now
    clock.advance(minutes=5)
    assert place(app, "2")[0] == 201
    status, trade = place(app, "1")
    assert (status, trade["at"]) == (201, begun.isoformat().replace("+00:00", "Z"))
    assert place(app, "1") == (201, trade)
    assert listed(app)["trades"][0] == trade
    assert len(listed(app)["trades"]) == 2
    assert place(app, "1", kwh="2")[0] == 422


def test_why_the_store_did_not_take_a_trade_is_logged(services: Services, tmp_path: Path) -> None:
    store = open_store((tmp_path / "full").as_uri())
    documents = Documents(store)
    accounts.ensure(documents, "A")
    access.grant(documents, "podge", "trade", "A")
    products.save(documents, {"id": "green", "unit_rate": "0.25", "currency": "GBP"})
    lines = io.StringIO()
    logs.configure(services.config, stream=lines)
    allowed = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, allowed[1]))  # as a full disk: what is there can be read
    try:
        status, _ = place(App(replace(services, store=store, documents=documents)), "1")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, allowed)
    assert status == 503
    assert "File too large" in lines.getvalue()


def test_the_same_request_gives_its_trade_also_when_the_product_is_not_on_sale_any_more(
    app: App,
) -> None:
    placed = place(app, "1")
    app._services.documents.delete("products/green.json")
    assert place(app, "1") == placed
    assert place(app, "2")[0] == 422


def test_a_trade_that_was_placed_before_rates_were_noted_has_the_one_that_it_was_priced_by(app: App) -> None:
    documents = app._services.documents
    products.save(documents, {"id": "green", "unit_rate": "0.2450", "currency": "GBP"})
    _, placed = place(app, "1", kwh="120.5")
    assert (placed["rate"], placed["price"]) == ("0.2450", "29.52250")
    (path,) = documents.list("trades/A/placed")
    before = {name: value for name, value in placed.items() if name != "rate"}
    documents.put(path, before)
    products.save(documents, {"id": "green", "unit_rate": "9", "currency": "GBP"})
    assert listed(app)["trades"] == [placed]
    (path,) = documents.list("trades/A/keys")
    documents.put(path, {"asked": {"product": "green", "kwh": "120.5", "side": "buy"}, "trade": before})
    assert place(app, "1", kwh="120.5") == (201, placed)


@given(st.integers(1, 10**12 - 1), st.integers(0, 10**12))
def test_the_rate_of_a_trade_is_found_again_from_its_price_to_the_digit(kwh: int, rate: int) -> None:
    """Of whatever may be traded: up to twelve digits of energy, and a million with six places."""
    energy, price = Decimal(kwh).scaleb(-3), Decimal(rate).scaleb(-6)
    placed = {"kwh": f"{energy:f}", "price": f"{energy * price:f}"}
    assert Decimal(trades._whole(placed)["rate"]) == price


@pytest.mark.parametrize(
    ("said", "kwh", "status"),
    [
        ({}, "40000", 201),
        ({}, "40000.001", 422),
        ({"trade_limit": "1"}, "4", 201),
        ({"trade_limit": "1"}, "4.001", 422),
        ({"trade_limit": None}, "999999999.999", 201),
        ({"currency": "EUR"}, "1", 422),
    ],
)
def test_a_trade_comes_to_no_more_than_the_account_s_limit(
    app: App, said: dict[str, Any], kwh: str, status: int
) -> None:
    app._services.documents.put("settings/A.json", said)
    assert place(app, "1", kwh)[0] == status


@pytest.mark.parametrize("position", ["../../users/podge", "/etc", "a/b", "", "é", "x" * 129])
def test_a_cursor_that_names_no_document_is_refused(app: App, position: str) -> None:
    made = cursor.make(("trades", "A"), position)
    reply = app.handle(Request("GET", TRADES, f"cursor={made}", caller=Principal("podge")))
    assert reply.status == 422
