"""The columns of a day's half hours, found by their names: numbered, or named by the start or the end of each.

What surrounds the number or the time is the stem, with `#` in its place: of hh01, kWh_1 and "Consumption 00:30 AM"
these are "hh#", "kwh #" and "consumption #". Names are normal ones (`words.normal`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.energy.ingest import times
from core.energy.ingest.fields import Bad
from core.energy.ingest.terms import Terms

DAY, LONGEST_DAY = 48, 50
_CLOCK = re.compile(r"(?<![0-9])([01]?[0-9]|2[0-4]):([0-5][0-9])(?::00)?(?: ([ap]m))?(?![0-9:])")
_HHMM = re.compile(r"(?<![0-9])([01][0-9]|2[0-4])([0-5][0-9])(?![0-9])")
_BARE = re.compile(r"0|(?:[1-9]|1[0-9]|2[0-4])?(?:00|30)")
_NUMBER = re.compile(r"(?<![0-9])0?([1-9]|[1-4][0-9]|50)(?![0-9])")
NUMBER, CLOCK, HALVES = "number", "clock", "clock of 12 hours"


@dataclass(frozen=True, slots=True)
class Place:
    """What a column's name says: its stem, and a number from 1, or minutes after midnight."""

    stem: str
    how: str
    at: int


@dataclass(frozen=True, slots=True)
class Block:
    """Columns of one stem, in the order of their half hours, as positions.

    `first` is the first half hour's number or minutes. `wall` says that the names are what clocks show.
    """

    stem: str
    how: str
    first: int
    columns: tuple[int, ...]

    @property
    def wall(self) -> bool:
        return self.how == CLOCK and len(self.columns) == DAY


@lru_cache(maxsize=8192)
def place(name: str) -> tuple[Place, ...]:
    """What a name may say of a half hour; empty where it says nothing."""
    if found := _CLOCK.search(name):
        stem, hour, minutes = _stem(name, found), int(found[1]), int(found[2])
        said = [Place(stem, CLOCK, hour * 60 + minutes)]
        if found[3] and 1 <= hour <= 12:  # 12:30 AM is half past midnight, unless all of 24 hours are written so
            said.append(Place(stem, HALVES, (hour % 12 + (12 if found[3] == "pm" else 0)) * 60 + minutes))
        return tuple(one for one in said if one.at % 30 == 0)
    places = []
    if found := _HHMM.search(name):
        minutes = int(found[1]) * 60 + int(found[2])
        if minutes % 30 == 0:
            places.append(Place(_stem(name, found), CLOCK, minutes))
    elif _BARE.fullmatch(name):
        places.append(Place("#", CLOCK, int(name) // 100 * 60 + int(name) % 100))
    if numbers := list(_NUMBER.finditer(name)):
        last = numbers[-1]
        places.append(Place(_stem(name, last), NUMBER, int(last[1])))
    return tuple(places)


def _stem(name: str, found: re.Match[str]) -> str:
    return " ".join(f"{name[: found.start()]}#{name[found.end() :]}".split())


def blocks(names: Sequence[str]) -> list[Block]:
    """Every whole set of 48 (or 50) columns that are named alike; of a stem that comes twice, the first one first."""
    found: dict[tuple[str, str], list[list[tuple[int, int]]]] = {}
    for column, name in enumerate(names):
        for said in place(name):
            sets = found.setdefault((said.stem, said.how), [[]])
            fitting = next((one for one in sets if said.at not in dict(one)), None)
            if fitting is None:
                fitting = []
                sets.append(fitting)
            fitting.append((said.at, column))
    made = [_block(stem, how, one) for (stem, how), sets in found.items() for one in sets]
    return sorted((block for block in made if block), key=lambda block: block.columns[0])


def _block(stem: str, how: str, columns: list[tuple[int, int]]) -> Block | None:
    """The half hours in their order; None where they are not those of a day."""
    keys = [at for at, _ in columns]
    if how == NUMBER:
        if sorted(keys) not in (list(range(1, DAY + 1)), list(range(1, LONGEST_DAY + 1))):
            return None
        return Block(stem, how, 1, tuple(column for _, column in sorted(columns)))
    if len(keys) == LONGEST_DAY and keys == list(range(0, 25 * 60, 30)):
        return Block(stem, how, 0, tuple(column for _, column in columns))
    # By the ends of half hours the last one is 24:00, or 00:00 again.
    ordered = [24 * 60 if at == 0 and number == len(keys) - 1 else at for number, at in enumerate(keys)]
    for first in (0, 30):
        if ordered == list(range(first, first + 24 * 60, 30)):
            return Block(stem, CLOCK, first, tuple(column for _, column in columns))
    return None


def flags(names: Sequence[str], block: Block, stems: Iterable[str], taken: set[int]) -> tuple[int, ...] | None:
    """The columns with the quality of each half hour of a block; None where there are none."""
    wanted = set(stems)
    for other in blocks(names):
        if other.stem in wanted and not taken & set(other.columns) and len(other.columns) >= len(block.columns):
            return other.columns[: len(block.columns)]
    for name in wanted:
        columns = tuple(at for at, found in enumerate(names) if found == name and at not in taken)
        if len(columns) == len(block.columns):
            return columns
    return None


def moments(names: Sequence[str], terms: Terms) -> Mapping[int, int]:
    """The columns that are named by an instant, and its slot."""
    found = {}
    for column, name in enumerate(names):
        if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}t", name):
            slot = times.instant(name.upper(), terms)
            if not isinstance(slot, Bad):
                found[column] = slot
    return found
