"""Schemathesis against the served system: no 5xx, and no status that the page does not document."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema as OpenApiSchema
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from core.energy.functions import FUNCTIONS
from core.kernel.api.context import Route
from core.kernel.api.openapi import document
from core.kernel.api.router import Router
from core.kernel.auth import access
from core.kernel.documents import Documents
from core.kernel.functions import ADMIN
from tests import asking
from tests.beds.deployment import Deployment
from tests.contract.providers.local import LocalHarness, start
from tests.contract.system import PASSWORD, populate
from tools.waiting import PATIENCE

ROUTES = Router(FUNCTIONS).every


def test_every_operation_has_an_id_of_its_own() -> None:
    page = document(FUNCTIONS.title, ROUTES)
    ids = [operation["operationId"] for path in page["paths"].values() for operation in path.values()]
    assert len(set(ids)) == len(ids) == len(ROUTES)


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHarness]:
    company = Deployment("core.energy", fill=populate)
    with closing(start(tmp_path_factory.mktemp("openapi"), company)) as harness:
        yield harness


@pytest.fixture(scope="module")
def token(harness: LocalHarness) -> str:
    """Of a user who may do everything, so that every handler is reached."""
    documents = Documents(harness.store)
    for action in (*FUNCTIONS.actions, ADMIN):
        access.grant(documents, "ada", action, "*")
    reply = asking.request("POST", f"{harness.base_url}/api/login", json={"user": "ada", "password": PASSWORD})
    return str(reply.json()["access_token"])


@pytest.fixture(scope="module")
def page(harness: LocalHarness) -> OpenApiSchema:
    return schemathesis.openapi.from_url(f"{harness.base_url}/api/openapi.json", timeout=PATIENCE)


@pytest.fixture(scope="module")
def connections() -> Iterator[requests.Session]:
    """Those that all requests share: one left to itself is closed by the garbage collector, some time later."""
    with requests.Session() as session:
        yield session


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_no_request_gets_a_5xx_or_an_undocumented_status(
    page: OpenApiSchema, harness: LocalHarness, connections: requests.Session, token: str, route: Route
) -> None:
    checks = [not_a_server_error, status_code_conformance, content_type_conformance]

    @settings(max_examples=30, suppress_health_check=list(HealthCheck), database=None)
    @given(case=page[route.path][route.method].as_strategy())
    def asked(case: schemathesis.Case) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        response = case.call(base_url=harness.base_url, session=connections, timeout=PATIENCE, headers=headers)
        case.validate_response(response, checks=checks)

    asked()
