"""What a layout of meter files is: a declaration, which says how a file is recognised and what its texts mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.energy.ingest.words import NO_FLOW, ROLES, Flow, Unit

Order = Literal["day", "month"]
"""What comes first in a date written with numbers, where the year does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What is so of every file of a layout, unless its own columns or the account's sources say otherwise.

    `stamp` None is asked, or shown by the file. `zone` is that of times without an offset, None where they have one or
    it is asked. `whole` says that a reading that comes in parts has all of them. `last` says that ends name the last
    minute or second of an interval (00:29, 00:29:59). `counted` are the minutes of what is counted from 1 within a
    day, where times are no clock's. `flows` and `qualities` are words beyond the common ones; `units` says the unit of
    a word of `flows`.
    """

    stamp: Literal["start", "end"] | None = "start"
    last: bool = False
    whole: bool = False
    zone: str | None = None
    counted: Literal[30, 60] | None = None
    minutes: int | None = None
    unit: Unit | None = None
    flow: Flow = NO_FLOW
    decimal: Literal[".", ","] = "."
    order: Order | None = None
    flows: Mapping[str, Flow] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)
    qualities: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Long:
    """A row for each interval, below a header.

    `needs` are roles that the header has, `marks` names that it has. `columns` are the
    names of each role; where `ranked`, the first that is there counts. `unless` are names of which one at least is not
    there. `values` are names of the columns of values, in the place of the common ones; of `several`, each is a channel
    of its own. `above` are roles of a header and a row that stand above the header. Where `short`, a row may end with
    the last column that is of use. `span` says that one column has start and end, with " to " between them.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: ROLES)
    needs: tuple[str, ...] = ()
    marks: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()
    values: Mapping[str, tuple[Unit | None, Flow]] | None = None
    several: bool = False
    harmless: frozenset[str] = frozenset()
    ranked: bool = False
    above: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    short: bool = False
    span: bool = False
    meaning: Meaning = field(default_factory=Meaning)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wide:
    """A row for each point, channel and day, with a column for each half hour.

    `stems` are what surrounds the number or the time in the names of these columns, with the unit and the flow of each
    (`slots`). `flags` are the stems, or the repeated names, of columns with the quality of each half hour. `unless` are
    sets of names that are another layout's. `given` are the names of the columns of a file without a header.
    """

    stems: Mapping[str, tuple[Unit | None, Flow]]
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: ROLES)
    named: Literal["number", "start", "end", "moment"] = "number"
    flags: tuple[str, ...] = ()
    marks: frozenset[str] = frozenset()
    unless: tuple[frozenset[str], ...] = ()
    harmless: frozenset[str] = frozenset()
    ranked: bool = False
    given: tuple[str, ...] = ()
    meaning: Meaning = field(default_factory=Meaning)


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Lines of several kinds, or a document, read by a machine of its own: `module:class` (see `machines`).

    Where `asks`, the file does not say the point.
    """

    begins: re.Pattern[bytes]
    machine: str
    document: bool = False
    asks: bool = False
    meaning: Meaning = field(default_factory=Meaning)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoReadings:
    """What is known, and holds no readings of intervals: why, and what to send instead."""

    reason: str
    begins: re.Pattern[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A layout by name. `where` is where people get such a file, `source` what shows that they are so.

    `assumed` is said of each file that is read by it.
    """

    name: str
    title: str
    where: str
    source: str
    form: Long | Wide | Records | NoReadings
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lack:
    """What a file can't say: a field of the account's sources, why, and what there is to choose from (any text: ())."""

    field: str
    why: str
    choices: tuple[str, ...] = ()
