"""The system of one provider, with two accounts in it that must never meet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.abuse.access import world as worlds
from tests.abuse.access.world import World
from tests.contract.system import System


@pytest.fixture(scope="session")
def world(system: System) -> World:
    return worlds.make(system)


@pytest.fixture
def untouched(world: World) -> Iterator[None]:
    """The other account is to the byte what it was before the case."""
    before = world.snapshot()
    assert len(before) > 10, sorted(before)
    yield
    after = world.snapshot()
    assert sorted(after) == sorted(before)
    assert [path for path in after if after[path] != before[path]] == []
