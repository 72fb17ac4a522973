"""The clock port: the only place from which core learns the time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""Returns the current time, aware and in UTC. It may jump either way; nothing may rely on it for uniqueness."""

_NINES = str.maketrans("0123456789", "9876543210")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def system_clock() -> datetime:
    return datetime.now(UTC)


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970 UTC, exact (a float timestamp is not); negative before."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(count: int) -> datetime:
    """The instant that `microseconds` counts."""
    return _EPOCH + timedelta(microseconds=count)


def sortable(moment: datetime) -> str:
    """`20260131T120000000000`, in UTC: as text ordered like the time."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%S%f}"


def newest_first(stamp: str) -> str:
    """What `sortable` gave, ordered the other way round; of what that gives, the stamp again."""
    return stamp.translate(_NINES)


def rfc3339(moment: datetime) -> str:
    """`2026-01-31T12:00:00Z`, with a fraction only when there is one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
