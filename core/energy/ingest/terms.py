"""On what terms a file is read: what it says of itself, what its layout does, and what the account's sources say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any

from core.energy.ingest.layouts.layout import Meaning, Order
from core.energy.ingest.words import FLOWS, NO_FLOW, UNITS, Flow, Unit, normal
from core.energy.readings.points import UNKNOWN_ZONE
from core.energy.readings.reading import HALF_HOUR
from core.energy.readings.sources import Source
from core.energy.readings.zones import named

FUTURE, PAST, FAULT, BOUND, REGISTER, OFFSET = "future", "past", "fault", "bound", "register", "offset"
"""What is implausible, and lands only where the account's sources allow it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How the rows of one file are understood.

    `received` is when its object was created, in microseconds since 1970. `stamp` is "start" or "end", None where the
    file has to show it. `free` is the zone by which points with names of their own are settled. `minutes` is
    the length of each interval; `minutes_said` tells that it is not only assumed. `ignore` are normal names of columns.
    `clock` is of wide files, what the sources say of days of 23 hours. `counted`, `last`, `decimal` and `order` are as
    in a layout's meaning.
    `flows`, `units` and `qualities` are words that the layout adds.
    """

    received: int
    point: str | None = None
    free: tzinfo | None = None
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
    counted: int | None = None
    last: bool = False
    decimal: str = "."
    order: Order | None = None
    flows: Mapping[str, Flow] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)
    qualities: Mapping[str, str] = field(default_factory=dict)


def applied(source: Source | None, terms: Terms) -> tuple[Terms, dict[str, str]]:
    """The terms with what the sources say, and each of these in words, by its name there."""
    if source is None:
        return terms, {}
    said: dict[str, Any] = {}
    for name in ("point", "version", "stamp", "minutes", "clock", "layout"):
        if (value := getattr(source, name)) is not None:
            said[name] = value
    told = dict(said)
    if source.minutes is not None:
        said["minutes_said"] = True
    for name, found in (
        ("zone", source.zone and named(source.zone)),
        ("unit", source.unit and UNITS[source.unit.lower()]),
        ("flow", source.channel and FLOWS[source.channel]),
        ("free", source.kind and named(source.zone or UNKNOWN_ZONE)),
        ("ignore", frozenset(map(normal, source.ignore))),
        ("allow", frozenset(source.allow)),
    ):
        if found:
            said[name] = found
            name = {"flow": "channel", "free": "kind"}.get(name, name)
            given = getattr(source, name)
            told[name] = ", ".join(given) if isinstance(given, list) else given
    where = f"(the account's sources say so of {source.files})" if source.files else "(as was said with the file)"
    return replace(terms, **said), {name: f"{name} {value} {where}" for name, value in told.items()}


def meant(terms: Terms, meaning: Meaning, *, source: Source | None) -> Terms:
    """The terms with what the layout says, where the sources do not say otherwise."""
    found: dict[str, Any] = {
        "counted": meaning.counted,
        "last": meaning.last,
        "decimal": meaning.decimal,
        "order": meaning.order,
        "flows": meaning.flows,
        "units": meaning.units,
        "qualities": meaning.qualities,
    }
    if not (source and source.stamp):
        found["stamp"] = meaning.stamp
    if meaning.zone and terms.zone is None:
        found["zone"] = named(meaning.zone)
    if meaning.minutes and not terms.minutes_said:
        found["minutes"], found["minutes_said"] = meaning.minutes, True
    if meaning.flow != NO_FLOW and terms.flow == NO_FLOW:
        found["flow"] = meaning.flow
    return replace(terms, **found)
