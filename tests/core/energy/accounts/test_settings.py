"""An account's settings as others ask for them."""

from __future__ import annotations

from typing import Any

import pytest

from core.energy.accounts import settings
from core.kernel.documents import Documents


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
