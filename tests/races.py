"""Many writers of one document, none of whom may lose too many races, however unfairly a store serves them."""

from __future__ import annotations

from core.kernel.documents import UPDATE_ATTEMPTS, Documents

WRITERS, UPDATES = 8, 6
assert (WRITERS - 1) * UPDATES < UPDATE_ATTEMPTS, "a race is lost only to another's write"
PATH = "count.json"


def increment(documents: Documents) -> None:
    """One writer's updates."""
    for _ in range(UPDATES):
        documents.update(PATH, lambda value: (value or 0) + 1)


def assert_none_is_lost(documents: Documents) -> None:
    found = documents.get(PATH)
    assert found is not None
    assert found.value == WRITERS * UPDATES
