"""The contract suite's system: the local provider, in a process of its own, on a free port."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import httpx
import pytest

from adapters.local import bootstrap
from core import accounts, products
from core.auth import access, users
from core.auth.access import Action
from core.services import Services
from tests.contract.system import ACCOUNTS, PASSWORD, PRODUCT, USERS, System

ORIGIN = "https://app.example.com"


class LocalHarness:
    """`trefoil serve` as a user would start it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        environment = {**os.environ, "TREFOIL_CORS_ORIGINS": ORIGIN}
        command = [sys.executable, "-m", "adapters.local", "--folder", str(folder), "serve", "--port", "0"]
        self._log = (folder / "server.log").open("w")
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, text=True, env=environment)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, f"the server said {line!r}: {(folder / 'server.log').read_text()}"
        self.base_url = found[0]

    def drop(self, key: str, content: bytes) -> None:
        path = self.folder / "store" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def logs(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in (self.folder / "server.log").read_text().splitlines()]

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=30)
        self._log.close()


def services_of(folder: Path) -> Services:
    """What the server on that folder works with."""
    url = "http://127.0.0.1:8000"
    return bootstrap.services(bootstrap.environment(folder, url), base_url=url)


def populate(folder: Path) -> None:
    services = services_of(folder)
    for user, grants in USERS.items():
        users.save(services.documents, services.clock, user, PASSWORD)
        for action, resource in grants:
            access.grant(services.documents, user, Action(action), resource)
    for account in ACCOUNTS:
        accounts.ensure(services.documents, account)
    products.save(services.documents, PRODUCT)


@contextmanager
def served(folder: Path) -> Iterator[LocalHarness]:
    """A server on a new folder with the suite's users, accounts and product."""
    populate(folder)
    harness = LocalHarness(folder)
    yield harness
    harness.close()


@pytest.fixture(scope="session")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHarness]:
    with served(tmp_path_factory.mktemp("system")) as harness:
        yield harness


@pytest.fixture(scope="session")
def system(harness: LocalHarness) -> Iterator[System]:
    with httpx.Client(base_url=harness.base_url, timeout=30) as client:
        yield System(harness, client)


_names = count(1)


@pytest.fixture
def account() -> str:
    """An account that no other case uses."""
    return f"Case{next(_names)}"
