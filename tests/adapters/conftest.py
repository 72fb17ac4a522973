"""The adapters' tests: those of a cloud need its libraries, so they run only for that provider."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.kernel.documents import Documents
from core.kernel.store import open_store
from tests.adapters.events import KEY
from tools import invoke
from tools.queue_stand_in import QueueStandIn

CLOUDS = ("aws", "gcp", "azure")
READINGS = b"point,start,version,kwh\n1012345678903,2026-01-01T00:00:00Z,1,0.5\n"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    others = [cloud for cloud in CLOUDS if cloud != config.getoption("--provider")]
    return True if collection_path.is_dir() and collection_path.name in others else None


@pytest.fixture
def jobs_queue() -> Iterator[QueueStandIn]:
    """Where the adapter under test sends jobs to."""
    with closing(QueueStandIn()) as queue:
        yield queue


@pytest.fixture
def folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, jobs_queue: QueueStandIn
) -> Iterator[Path]:
    """A store on this machine, in the environment that the adapters read, holding the object of the corpus."""
    monkeypatch.setenv("TREFOIL_STORE", (tmp_path / "store").as_uri())
    monkeypatch.setenv("TREFOIL_CORS_ORIGINS", "https://app.example.com")
    unset = ("TREFOIL_SIGNING_KEY", "TREFOIL_ISSUER", "TREFOIL_AUDIENCE", "TREFOIL_QUEUES")
    for name in (*unset, *jobs_queue.environment(request.config.getoption("--provider"))):
        monkeypatch.setenv(name, "")
    invoke.complete(tmp_path, jobs_queue.environment(request.config.getoption("--provider")))
    dropped = tmp_path / "store" / KEY
    dropped.parent.mkdir(parents=True)
    dropped.write_bytes(READINGS)
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    """What an adapter keeps for the life of its process."""
    for name, module in list(sys.modules.items()):
        if name.startswith("adapters."):
            for kept in (vars(module).get("services"), vars(module).get("_app")):
                if hasattr(kept, "cache_clear"):
                    kept.cache_clear()


@pytest.fixture
def reports(folder: Path) -> Any:
    """The reports that there are now."""
    documents = Documents(open_store((folder / "store").as_uri()))
    return lambda: list(documents.values("ingestions/Account17"))


@pytest.fixture
def buried(folder: Path) -> Any:
    """The dead letters that there are now."""
    documents = Documents(open_store((folder / "store").as_uri()))
    return lambda: list(documents.values("dead-letters"))
