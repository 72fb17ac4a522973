"""The system of a provider whose store lies behind a proxy that fails as told; the tester's own way to it does not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from importlib import import_module
from uuid import uuid4

import pytest

from core.kernel.documents import Documents
from core.kernel.store import Store, open_store
from demo.weather import WeatherStandIn
from tests import asking
from tests.beds import fault_proxy
from tests.beds.fault_proxy import FaultProxy
from tests.beds.inbox import Inbox
from tests.beds.processes import NOBODY
from tests.contract.system import Harness, System, company


@dataclass(frozen=True)
class Failing:
    """A system, and the proxy before its store. `variable` is the one that names the store's endpoint."""

    harness: Harness
    proxy: FaultProxy
    variable: str
    endpoint: str


@pytest.fixture(scope="session")
def failing(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failing]:
    """Skipped for the local provider, whose store is a folder: see test_disk.py."""
    provider = import_module(f"tests.contract.providers.{pytestconfig.getoption('--provider')}")
    unreachable = getattr(provider.start, "unreachable", {})
    if not unreachable:
        pytest.skip("a folder is asked nothing by requests")
    ((variable, nobody),) = unreachable.items()
    with ExitStack() as stack:
        weather, inbox = stack.enter_context(closing(WeatherStandIn())), stack.enter_context(closing(Inbox()))
        proxy = stack.enter_context(
            closing(fault_proxy.started(provider.start.provider, tmp_path_factory.mktemp("proxy")))
        )
        endpoint = nobody.replace(NOBODY, proxy.url)
        whole = company(weather, inbox)
        deployment = replace(whole, variables={**whole.variables, variable: endpoint})
        harness = stack.enter_context(closing(provider.start(tmp_path_factory.mktemp("system"), deployment)))
        harness.weather, harness.inbox = weather, inbox
        proxy.lead(os.environ[variable].removesuffix(nobody.removeprefix(NOBODY)))
        yield Failing(harness, proxy, variable, endpoint)


@pytest.fixture
def proxy(failing: Failing) -> Iterator[FaultProxy]:
    """With nothing that fails before and after a case."""
    failing.proxy.plan()
    failing.proxy.taken()
    yield failing.proxy
    failing.proxy.plan()


@pytest.fixture(scope="session")
def system(failing: Failing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    harness = failing.harness
    with asking.client(harness.base_url, headers=dict(harness.headers)) as client:
        yield System(harness, client, tmp_path_factory.mktemp("operator"))


@pytest.fixture
def place() -> str:
    """A prefix that no other case uses."""
    return f"faults/{uuid4().hex[:8]}"


@pytest.fixture
def store(failing: Failing, proxy: FaultProxy, place: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A place of its own in the store, behind the proxy."""
    with monkeypatch.context() as patch:
        patch.setenv(failing.variable, failing.endpoint)
        return open_store(f"{failing.harness.store.url}/{place}")


@pytest.fixture
def documents(store: Store) -> Documents:
    return Documents(store)
