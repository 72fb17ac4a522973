"""On what terms a file is read: what it says of itself, and what the account's sources say where it can't."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo

from core.energy.ingest.words import Flow, Unit
from core.energy.readings.reading import HALF_HOUR

FUTURE, PAST, FAULT, BOUND, REGISTER, OFFSET = "future", "past", "fault", "bound", "register", "offset"
"""What is implausible, and lands only where the account's sources allow it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How the rows of one file are understood.

    `received` is when its object was created, in microseconds since 1970. `stamp` is "start" or "end", None where the
    file has to show it. `minutes` is the length of each interval; `minutes_said` tells that it is not only assumed.
    """

    received: int
    point: str | None = None
    free: bool = False
    zone: tzinfo | None = None
    version: int = 1
    unit: Unit | None = None
    flow: Flow = field(default_factory=Flow)
    stamp: str | None = "start"
    minutes: int = HALF_HOUR
    minutes_said: bool = False
    clock: str | None = None
    ignore: frozenset[str] = frozenset()
    allow: frozenset[str] = frozenset()
    layout: str | None = None
