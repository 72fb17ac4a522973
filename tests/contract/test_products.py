"""Tariffs: made, changed and taken away by an administrator, and kept while a contract names them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.system import System
from tests.contract.test_http import assert_problem
from tests.contract.test_settlements import agree

TERMS: dict[str, Any] = {
    "name": "Sunday saver",
    "description": "Half price on Sundays",
    "currency": "EUR",
    "unit_rate": "0.30",
    "standing_charge": "0.5",
    "export_rate": "0.0825",
    "bands": [{"name": "sunday", "begin": "00:00", "end": "24:00", "rate": "0.15", "days": ["sun"]}],
}
SUNDAY: dict[str, Any] = TERMS["bands"][0]
ID = "sunday-saver"
PATH = f"/api/products/{ID}"


@pytest.fixture(autouse=True)
def clean(system: System) -> Iterator[None]:
    """Other cases know what is on sale."""
    yield
    assert system.send("DELETE", PATH, "ada").status_code in (204, 404)


def put(system: System, **changes: Any) -> httpx.Response:
    return system.send("PUT", PATH, "ada", json={**TERMS, **changes})


def test_an_administrator_makes_a_product_and_everybody_sees_it(system: System) -> None:
    reply = put(system)
    assert (reply.status_code, reply.json()) == (200, {"id": ID, **TERMS})
    assert system.get(PATH).content == reply.content
    assert {"id": ID, **TERMS} in system.get("/api/products").json()["products"]


def test_a_product_is_replaced_as_a_whole(system: System) -> None:
    put(system)
    plain = {name: TERMS[name] for name in ("name", "description", "currency", "unit_rate", "standing_charge")}
    reply = system.send("PUT", PATH, "ada", json={**plain, "id": ID})
    assert reply.json() == {"id": ID, **plain, "export_rate": "0", "bands": []}
    assert system.get(PATH).json() == reply.json()


def test_a_product_that_was_removed_is_not_on_sale(system: System) -> None:
    put(system)
    reply = system.send("DELETE", PATH, "ada")
    assert (reply.status_code, reply.content) == (204, b"")
    assert_problem(system.get(PATH), 404)
    assert_problem(system.send("DELETE", PATH, "ada"), 404)
    order = {"product": ID, "kwh": "1"}
    headers = {"Idempotency-Key": "removed"}
    assert_problem(system.send("POST", "/api/accounts/Account17/trades", "podge", json=order, headers=headers), 422)


def test_only_an_administrator_may_change_what_is_on_sale(system: System) -> None:
    for user in ("rita", "podge"):
        assert_problem(system.send("PUT", "/api/products/green-fixed", user, json=TERMS), 403)
        assert_problem(system.send("DELETE", "/api/products/green-fixed", user), 403)


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"unit_rate": "-0.1"}, "unit_rate", "a decimal from 0 to 1000000 with at most six places"),
        ({"unit_rate": "0.1234567"}, "unit_rate", "at most six places"),
        ({"unit_rate": "1000000.01"}, "unit_rate", "from 0 to 1000000"),
        ({"unit_rate": "1e3"}, "unit_rate", "is no rate"),
        ({"unit_rate": "NaN"}, "unit_rate", "is no rate"),
        ({"unit_rate": 0.3}, "unit_rate", "Expected `str`"),
        ({"standing_charge": "0,5"}, "standing_charge", "is no rate"),
        ({"export_rate": ""}, "export_rate", "is no rate"),
        ({"currency": "XXX"}, "currency", "Invalid enum value"),
        ({"name": ""}, "name", "length >= 1"),
        ({"colour": "green"}, "colour", "unknown field"),
        ({"id": "another"}, "id", "the path says 'sunday-saver'"),
        ({"bands": [{**SUNDAY, "rate": "x"}]}, "bands[0].rate", "is no rate"),
        ({"bands": [{**SUNDAY, "begin": "00:15"}]}, "bands", "no half hour"),
        ({"bands": [{**SUNDAY, "begin": "24:00"}]}, "bands[0].begin", "within its day"),
        ({"bands": [{**SUNDAY, "end": "00:00"}]}, "bands", "begins when it ends"),
        ({"bands": [SUNDAY, SUNDAY]}, "bands", "called 'sunday'"),
        ({"bands": [{**SUNDAY, "name": "base"}]}, "bands", "called 'base'"),
    ],
)
def test_a_product_that_can_not_be_priced_by_is_refused(
    system: System, changes: dict[str, Any], field: str, said: str
) -> None:
    problem = assert_problem(put(system, **changes), 422)
    assert problem["errors"][0]["field"] == field  # type: ignore[index]
    assert said in str(problem["detail"])
    assert_problem(system.get(PATH), 404)


def test_the_id_of_a_product_is_lower_case_letters_digits_and_hyphens(system: System) -> None:
    for path in ("/api/products/Sunday", "/api/products/a%20b", f"/api/products/{'x' * 65}"):
        assert_problem(system.send("PUT", path, "ada", json=TERMS), 422)
        assert_problem(system.send("DELETE", path, "ada"), 404)


def test_rates_may_be_nothing_and_at_most_a_million(system: System) -> None:
    assert put(system, unit_rate="0", standing_charge="1000000.000000", export_rate="0.000001").status_code == 200


def test_a_product_that_a_contract_names_is_kept(system: System, account: str) -> None:
    put(system)
    system.ingest(account, "none.csv", "point,start,version,kwh\n")
    agree(system, account, (ID, "2025-01-01"), ("green-fixed", "2026-01-01"))
    problem = assert_problem(system.send("DELETE", PATH, "ada"), 409)
    assert f"{ID} is in the contract of {account}; agree on another product" in str(problem["detail"])
    agree(system, account, ("green-fixed", "2025-01-01"))
    assert system.send("DELETE", PATH, "ada").status_code == 204


def test_the_command_shows_and_changes_what_is_on_sale(system: System, tmp_path: Path) -> None:
    file = tmp_path / "product.json"
    file.write_text(json.dumps({"id": ID, **TERMS}))
    assert system.operate("products", "set", str(file)) == f"{ID} is on sale\n"
    assert system.get(PATH).json() == {"id": ID, **TERMS}
    assert f"{ID:24} 0.30 EUR/kWh  Sunday saver\n" in system.operate("products", "list")
    file.write_text(json.dumps({"id": ID, **TERMS, "unit_rate": "cheap"}))
    assert "unit_rate: 'cheap' is no rate" in system.operate("products", "set", str(file), fails=True)
    assert system.operate("products", "remove", ID) == f"{ID} is not on sale any more\n"
    assert f"product '{ID}' does not exist" in system.operate("products", "remove", ID, fails=True)
