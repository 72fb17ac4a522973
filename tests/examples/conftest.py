"""The system of `examples/hello`: the provider's runtime with another function set than the company's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from importlib import import_module

import httpx
import pytest

from tests import asking
from tests.beds.deployment import Deployment
from tests.contract.system import Harness, System


@pytest.fixture(scope="session")
def hello(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    provider = import_module(f"tests.contract.providers.{pytestconfig.getoption('--provider')}")
    with closing(provider.start(tmp_path_factory.mktemp("hello"), Deployment("examples.hello"))) as harness:
        yield harness


@pytest.fixture(scope="session")
def client(hello: Harness) -> Iterator[httpx.Client]:
    with asking.client(hello.base_url, headers=dict(hello.headers)) as client:
        yield client


@pytest.fixture(scope="session")
def system(hello: Harness, client: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> System:
    return System(hello, client, tmp_path_factory.mktemp("operator"))
