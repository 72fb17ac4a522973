"""Many creators of one document, of whom one succeeds; and many writers, who lose no update however unfairly a store serves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from core.kernel.documents import UPDATE_ATTEMPTS, AlreadyExists, Documents

CREATORS = 16
WRITERS, UPDATES = 8, 6
assert (WRITERS - 1) * UPDATES < UPDATE_ATTEMPTS, "a race is lost only to another's write"
PATH = "count.json"


def creators_that_succeed(documents: Documents) -> int:
    """Of `CREATORS` threads that create one document at once."""

    def create(number: int) -> bool:
        try:
            documents.create("race.json", number)
        except AlreadyExists:
            return False
        return True

    with ThreadPoolExecutor(CREATORS) as pool:
        return sum(pool.map(create, range(CREATORS)))


def increment_at_once(documents: Documents) -> None:
    """`WRITERS` threads, each with its updates."""
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(increment, [documents] * WRITERS))


def increment(documents: Documents) -> None:
    """One writer's updates."""
    for _ in range(UPDATES):
        documents.update(PATH, lambda value: (value or 0) + 1)


def assert_none_is_lost(documents: Documents) -> None:
    found = documents.get(PATH)
    assert found is not None
    assert found.value == WRITERS * UPDATES
