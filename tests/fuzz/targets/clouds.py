"""What the targets of the clouds' events share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from core.kernel.errors import TrefoilError
from core.kernel.events import ObjectCreated, UnknownEvent
from core.kernel.store import Store, open_store
from core.kernel.workflow.steps import StepFailed

EVENTS = Path(__file__).parents[2] / "events"
BUCKET, PREFIX = "trefoil-state", "prod"


def events(provider: str, *folders: str) -> Sequence[bytes]:
    """The native events of a provider's functions."""
    return [path.read_bytes() for name in folders for path in sorted((EVENTS / provider / name).glob("*.json"))]


def native(data: bytes) -> Any:
    """The event in some bytes, as a platform hands it over; an empty one where they are no JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return {}


@cache
def store(scheme: str) -> Store:
    """A store in a bucket, of which nothing is asked."""
    return open_store(f"{scheme}://{BUCKET}/{PREFIX}")


def lies_within(created: ObjectCreated, bucket: str, name: str) -> None:
    """The event is of the object that was named, in this store's bucket and under its prefix."""
    assert bucket == BUCKET
    assert name == f"{PREFIX}/{created.key}"


@contextmanager
def refusable() -> Iterator[None]:
    """What may be raised: an event that is unknown, and failures that core has names for."""
    try:
        yield
    except (UnknownEvent, TrefoilError, StepFailed) as refused:
        assert str(refused), "a refusal says why"
