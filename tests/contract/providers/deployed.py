"""A deployed system, at its own URL, as its users see it.

What needs more than that is skipped: with `--store` (of a test system: the suite makes its users and drops files there,
with the credentials of the environment) nearly all cases run, without it those that an admin or anybody can make.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from typing import Any, NoReturn

import obstore
import pytest

from core.kernel.store import Store, open_store
from tests import asking
from tests.contract.system import PASSWORD, populate

ADMIN = "ada"
"""The suite's user whose part a deployed system's admin plays."""


class DeployedHarness:
    headers: Mapping[str, str] = {}
    unreachable: Mapping[str, str] = {}
    strangers: Mapping[str, str] = {}

    def __init__(self, url: str, user: str, store: str | None) -> None:
        self.base_url = url.rstrip("/")
        with asking.client(self.base_url) as client:
            self.provider = client.get("/api/health").json()["provider"]
            self.issuer = client.get("/.well-known/openid-configuration").json()["issuer"]
        self._admin = user
        self._password = os.environ.get("TREFOIL_PASSWORD") or getpass.getpass(f"Password of {user}: ")
        self._store = open_store(store) if store else None
        if self._store:
            populate(self._store)

    @property
    def store(self) -> Store:
        return self._store or _skip("give --store for cases that put files into the store")

    @property
    def signing_key(self) -> str:
        _skip("the signing key is where nobody can read it")

    def credentials(self, user: str) -> tuple[str, str]:
        if user == ADMIN:
            return self._admin, self._password
        return (user, PASSWORD) if self._store else _skip(f"give --store for cases of the suite's user {user}")

    def drop(self, key: str, content: bytes) -> None:
        obstore.put(self.store.client, key, content)

    def fetch(self, key: str) -> bytes:
        return bytes(obstore.get(self.store.client, key).bytes())

    def remove(self, key: str) -> None:
        obstore.delete(self.store.client, key)

    def announce(self, key: str) -> None:
        _skip("events can't be made up for a deployed system")

    def send(self, queue: str, message: bytes) -> None:
        _skip("a deployed system's queues take messages from its own functions only")

    def fire(self, function: str) -> None:
        _skip("the schedule of a deployed system fires when it is time")

    @property
    def weather(self) -> NoReturn:
        _skip("the weather source of a deployed system is the true one")

    @property
    def inbox(self) -> NoReturn:
        _skip("the mails of a deployed system go to their readers")

    @property
    def collector(self) -> NoReturn:
        _skip("the traces of a deployed system go to its operator's collector")

    def logs(self) -> list[dict[str, Any]]:
        _skip("the log lines are in the cloud's log store")

    def close(self) -> None:
        """Nothing was started."""


def _skip(reason: str) -> NoReturn:
    pytest.skip(f"not provable here: {reason}")


def reach(url: str | None, user: str | None, store: str | None) -> DeployedHarness:
    if not url or not user:
        raise pytest.UsageError("give --url https://... and --user ADMIN")
    return DeployedHarness(url, user, store)
