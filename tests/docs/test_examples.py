"""The examples of docs/api.md are what a system answers: each is sent again, and its answer has the same form.

`pytest tests/docs/test_examples.py --write-examples` writes docs/examples.json anew; then `python -m tools.docs --write`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import httpx
import pytest

from core.energy.actions import ACTIONS
from core.energy.functions import FUNCTIONS
from core.energy.trading import products
from core.kernel.api.router import Router
from core.kernel.auth import access, users
from core.kernel.clock import system_clock
from core.kernel.documents import Documents
from core.kernel.store import Store
from demo.weather import WeatherStandIn
from tests import asking
from tests.beds.deployment import Deployment
from tests.contract.providers.local import LocalHarness, start
from tests.docs.examples import EXAMPLES, FILE, OWL, PASSWORD, UNSHOWN, Example
from tools.docs.api import EXAMPLES as RECORDED
from tools.waiting import eventually

URL = "http://127.0.0.1:8000"
LONGEST, MEMBERS = 100, 12
"""Characters of a text and members of a list in an example; tokens, signed URLs and hours of weather are cut."""


def fill(store: Store) -> None:
    documents = Documents(store)
    for user in ("ada", "podge", "luciano"):
        users.save(documents, system_clock, user, PASSWORD)
    for action in ACTIONS:
        access.grant(documents, "podge", action, "Account17")
    for action in ("admin", "delete", "read"):
        access.grant(documents, "ada", action, "*")
    access.grant(documents, "ada", "delete", "Account18")
    products.save(documents, {**OWL, "id": "old"})


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHarness]:
    with closing(WeatherStandIn()) as weather:
        variables = {"TREFOIL_FORECAST_URL": weather.url, "TREFOIL_FORECAST_SITES": "london:51.5072:-0.1276"}
        deployment = Deployment("core.energy", variables, fill)
        with closing(start(tmp_path_factory.mktemp("examples"), deployment)) as harness:
            harness.fire("forecast")
            yield harness


@pytest.fixture(scope="module")
def answered(system: LocalHarness) -> list[dict[str, Any]]:
    """What came of all examples, one after the other."""
    kept: dict[str, str] = {}
    with asking.client(system.base_url) as http:
        return [recorded(one, ask(http, one, kept), kept, system.base_url) for one in EXAMPLES]


def ask(http: httpx.Client, one: Example, kept: dict[str, str]) -> httpx.Response:
    headers = {name: filled(value, kept) for name, value in one.headers.items()}
    if one.user is not None:
        if one.user not in kept:
            login = http.post("/api/login", json={"user": one.user, "password": PASSWORD})
            kept[one.user] = login.json()["access_token"]
        headers["Authorization"] = f"Bearer {kept[one.user]}"
    path, body = filled(one.path, kept), None if one.body is None else json.dumps(one.body)
    types = {} if body is None else {"Content-Type": "application/json"}

    def found() -> httpx.Response | None:
        reply = http.request(one.method, path, headers={**headers, **types}, content=body)
        if one.until is None or (reply.status_code == 200 and reply.json()[one.until[0]] == one.until[1]):
            return reply
        return None

    reply = eventually(f"{one.method} {path}", found)
    assert reply.is_success, f"{one.method} {path}: {reply.text}"
    for name, wanted in one.keeps.items():
        kept[name] = reply.headers[wanted] if wanted in reply.headers else reply.json()[wanted]
    if "sent" in one.keeps:  # and do what the answer says
        signed = reply.json()
        assert asking.request(signed["method"], signed["url"], content=FILE, headers=signed["headers"]).is_success
    return reply


def filled(text: str, kept: Mapping[str, str]) -> str:
    return re.sub(r"<(\w+)>", lambda found: kept[found[1]], text)


def recorded(one: Example, reply: httpx.Response, kept: Mapping[str, str], url: str) -> dict[str, Any]:
    token = {} if one.user is None else {"Authorization": "Bearer TOKEN"}
    return {
        "route": one.route,
        "path": filled(one.path, kept),
        "headers": {**token, **{name: filled(value, kept) for name, value in one.headers.items()}},
        "body": short(one.body, url),
        "status": reply.status_code,
        "answer": short(reply.json(), url) if reply.content else None,
    }


def short(value: Any, url: str) -> Any:
    if isinstance(value, dict):
        return {name: short(one, url) for name, one in value.items()}
    if isinstance(value, list):
        return [short(one, url) for one in value[:MEMBERS]]
    if not isinstance(value, str):
        return value
    value = value.replace(url, URL)
    return value if len(value) <= LONGEST else f"{value[:LONGEST]}..."


def form(value: Any) -> Any:
    """What a client relies on: which fields there are, and of what type each is."""
    if isinstance(value, dict):
        return {name: form(one) for name, one in value.items()}
    if isinstance(value, list):
        forms = [form(one) for one in value]
        return [one for number, one in enumerate(forms) if one not in forms[:number]]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if number else type(value).__name__


def test_every_route_has_an_example() -> None:
    routes = {f"{route.method} {route.path}" for route in Router(FUNCTIONS).every}
    assert {*(one.route for one in EXAMPLES), *UNSHOWN} == routes


def test_the_examples_are_what_a_system_answers(answered: list[dict[str, Any]], pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--write-examples"):
        RECORDED.write_text(json.dumps(answered, indent=1, ensure_ascii=False) + "\n")
    held = json.loads(RECORDED.read_text())
    for was, now in zip(held, answered, strict=True):
        assert (was["route"], was["body"], was["status"]) == (now["route"], now["body"], now["status"])
        assert form(was["answer"]) == form(now["answer"]), was["route"]
