"""The storage cases' store: a place of its own for each case in the store of the chosen provider."""

from __future__ import annotations

from uuid import uuid4

import pytest

from core.kernel.documents import Documents
from core.kernel.store import Store, open_store
from tests.contract.system import Harness


@pytest.fixture
def place() -> str:
    """A prefix that no other case uses."""
    return f"stores/{uuid4().hex[:8]}"


@pytest.fixture
def store(harness: Harness, place: str) -> Store:
    return open_store(f"{harness.store.url}/{place}")


@pytest.fixture
def documents(store: Store) -> Documents:
    return Documents(store)
