"""An account's settings: what they take, and as others ask for them."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from core.energy.accounts import accounts, settings
from core.kernel.api.app import App
from core.kernel.auth import access
from core.kernel.auth.authorizer import Principal
from core.kernel.documents import Documents
from core.kernel.http import Request, json_bytes
from core.kernel.services import Services
from tests.core.kernel.mail.test_rules import BAD

SETTINGS = "/api/accounts/A/settings"


@pytest.fixture
def app(services: Services) -> App:
    accounts.ensure(services.documents, "A")
    access.grant(services.documents, "podge", "changeSettings", "A")
    return App(services)


def put(app: App, **values: object) -> tuple[int, dict[str, object]]:
    given = (("if-match", "*"), ("content-type", "application/json"))
    reply = app.handle(Request("PUT", SETTINGS, "", given, json_bytes(values), caller=Principal("podge")))
    return reply.status, json.loads(reply.body)


@pytest.mark.parametrize("email", [one for one in BAD if one])
def test_what_is_no_address_is_refused_with_one_that_is(app: App, email: str) -> None:
    status, problem = put(app, email=email)
    assert status == 422
    (error,) = problem["errors"]  # type: ignore[misc]
    assert error["field"] == "email"


@pytest.mark.parametrize("email", ["", "ada@example.com"])
def test_an_address_or_none_is_kept(app: App, email: str) -> None:
    status, kept = put(app, email=email)
    assert (status, kept["email"]) == (200, email)


def test_a_site_that_forecasts_are_not_fetched_for_any_more_blocks_no_other_change(
    app: App, documents: Documents
) -> None:
    documents.put(settings.path("A"), {"weather_site": "atlantis", "display_name": "A"})
    status, kept = put(app, weather_site="atlantis", display_name="B")
    assert (status, kept["weather_site"], kept["display_name"]) == (200, "atlantis", "B")
    assert put(app, weather_site="lemuria")[0] == 422
    assert put(app, weather_site="")[0] == 200
    status, problem = put(app, weather_site="atlantis")
    assert (status, problem["errors"][0]["field"]) == (422, "weather_site")  # type: ignore[index]


def test_who_asks_for_alerts_is_found_page_by_page(documents: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "AT_ONCE", 3)
    for number in range(10):
        asked = {"email": "ada@example.com", "alert_kwh_per_day": number / 10} if number % 2 else {"email": "a@b.c"}
        documents.put(f"settings/A{number}.json", asked)
    found = [(account, alert.kwh) for account, alert in settings.alerts(documents)]
    assert found == [(f"A{number}", Decimal(number) / 10) for number in (1, 3, 5, 7, 9)]


@pytest.mark.parametrize("stored", [None, {"display_name": "A"}, {"contract": [], "email": ""}])
def test_settings_of_before_have_the_default_limit(documents: Documents, stored: dict[str, Any] | None) -> None:
    if stored is not None:
        documents.put(settings.path("A"), stored)
    assert settings.whole(documents.get(settings.path("A")))["trade_limit"] == "10000"


def test_no_limit_is_another_thing_than_none_said(documents: Documents) -> None:
    documents.put(settings.path("A"), {"trade_limit": None})
    assert settings.whole(documents.get(settings.path("A")))["trade_limit"] is None


def test_the_accounts_that_agreed_on_a_product_are_found_page_by_page(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "AT_ONCE", 3)
    for number in range(20):
        contract = [{"product": "green" if number % 2 else "night", "from": "2025-01-01"}]
        documents.put(settings.path(f"A{number:02}"), {"contract": contract} if number else {})
    assert settings.agreed_on(documents, "green", most=4) == ["A01", "A03", "A05", "A07"]
    assert settings.agreed_on(documents, "night", most=100) == [f"A{number:02}" for number in range(2, 20, 2)]
    assert settings.agreed_on(documents, "gone", most=4) == []
