"""The exact meaning of each field, decided on its text alone and on the file's terms.

These are the rules; the column-wise path only applies them to many rows at a time. What surrounds a value (white space,
quotes, what Excel adds) is undone where nothing is lost by it. Each rule returns the value, or a `Bad` with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.energy.ingest import words
from core.energy.ingest.terms import BOUND, FAULT, Terms
from core.energy.ingest.words import Flow, Unit
from core.energy.readings import points
from core.energy.readings.reading import ACTUAL, MAX_VERSION, MINUTES
from core.energy.readings.schema import DECIMALS, INTEGER_DIGITS

MAX_KW = 1_000_000
"""The largest mean power that is taken for a supply's: a gigawatt, twice what the largest smelters draw."""
FAULTS = (Decimal("16777.215"), Decimal("2147483.647"), Decimal("4294967.295"))
"""What a register of 24, 31 or 32 bits shows that has no value, in thousandths."""
FLOAT_DIGITS = 14
"""From so many significant digits on a number is a binary float's, whose last digits no meter measured."""
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_FLAGGED = re.compile(r"([^A-Za-z]*[0-9.])\s*([AEFSaefs])")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+")
_THOUSANDS_BY_POINT = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")
_EXCEL_NUMBER = re.compile(r"([0-9])(?:[.,]([0-9]+))?[eE]\+?([0-9]{1,2})")


@dataclass(frozen=True, slots=True)
class Bad:
    """Why a field's value is no value."""

    reason: str


@dataclass(frozen=True, slots=True)
class Gap:
    """There is no reading here, and that is no error."""


GAP = Gap()


@dataclass(frozen=True, slots=True)
class Value:
    """A number of 10^-9 kWh or kVArh; the quality that its flag says; whether digits of a binary float were rounded."""

    scaled: int
    quality: str | None = None
    rounded: bool = False


@dataclass(frozen=True, slots=True)
class Traits:
    """What a row's small columns say."""

    channel: str
    version: int
    quality: str
    minutes: int | None
    factor: Fraction
    power: bool = False


def tidy(text: str) -> str:
    """The text without what surrounds it: white space, quotes after a space, `="..."` and apostrophes against Excel."""
    value = text.strip()
    if value.startswith('="') and value.endswith('"'):
        value = value[2:-1]
    elif len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    return value.removeprefix("'").strip()


def point(text: str, *, free: tzinfo | None = None) -> str | Bad:
    """A point of one of the kinds, as it is stored; with the zone that `free` ones are settled by, any name."""
    value = tidy(text)
    if free:
        flaw = points.flaw_of(value, free=free)
        return Bad(flaw) if flaw else value
    if not value:
        return Bad("there is no point")
    bare = re.sub(r"[ -]", "", value).upper()
    if "-" in value and len(bare) not in (13, 21):
        bare = value  # no MPAN that is written in groups
    mangled = _EXCEL_NUMBER.fullmatch(bare)
    if mangled and not value.isdigit():
        digits = mangled[1] + (mangled[2] or "")
        if len(digits) != int(mangled[3]) + 1:
            return Bad("Excel has cut this number's digits; format the column as text in the original, and save again")
        bare = digits
    bare = bare.removesuffix(".0")
    if re.fullmatch(r"[0-9]{21}", bare):
        bare = bare[8:]
    if len(bare) == 11 and (kind := points.kind_of(bare[:10])) and kind.name == "nmi" and points.kind_of(bare) is None:
        if points.nmi_digit(bare[:10]) != bare[10]:
            return Bad(f"the check digit of the NMI {bare[:10]} is {points.nmi_digit(bare[:10])}, not {bare[10]}")
        bare = bare[:10]
    if points.kind_of(bare) is None:
        return Bad(f"this is no {points.FORMS}; points with names of their own need the account's sources")
    flaw = points.flaw_of(bare)
    return Bad(flaw) if flaw else bare


def version(text: str) -> int | Bad:
    """1 to 24, or the name of a settlement run."""
    value = tidy(text).lower()
    if value in words.RUNS:
        return words.RUNS[value]
    value = value.removesuffix(".0")
    if value.isascii() and value.isdigit() and len(value) <= 2 and 1 <= int(value) <= MAX_VERSION:
        return int(value)
    return Bad(f"a version is a whole number from 1 to {MAX_VERSION}, or one of II SF R1 R2 R3 RF DF")


def minutes(text: str) -> int | Bad:
    """The length of an interval."""
    value = tidy(text).removesuffix(".0")
    if value.isascii() and value.isdigit() and len(value) <= 2 and int(value) in MINUTES:
        return int(value)
    return Bad("an interval has 5, 10, 15, 30 or 60 minutes")


def value(text: str, factor: Fraction, length: int, terms: Terms) -> Value | Gap | Bad:
    """A value in units of which `factor` make a kWh (kVArh), of an interval of so many minutes."""
    written = tidy(text)
    if written.lower() in words.GAPS:
        return GAP
    flagged = _FLAGGED.fullmatch(written)
    quality = words.QUALITIES[flagged[2].lower()] if flagged else None
    number = flagged[1] if flagged else written
    if terms.decimal == ",":
        if "." in number and not _THOUSANDS_BY_POINT.fullmatch(number):
            return Bad(f"{number} has a decimal point, where the other values of the file have a comma; mend it")
        number = number.replace(".", "").replace(",", ".")
    elif _THOUSANDS.fullmatch(number):
        number = number.replace(",", "")
    if not number.isascii() or len(number) > 64 or not _NUMBER.fullmatch(number):
        if "," in number:
            return Bad(f"{number} can be read in two ways; write a decimal point, and nothing between thousands")
        return Bad("kWh is not a finite number")
    written_exactly = Decimal(number)
    # Out of range in any unit; told before all of its digits are written out.
    if written_exactly and abs(written_exactly.adjusted()) > 40:
        side = "before" if written_exactly.adjusted() > 0 else "after"
        return Bad(f"kWh has more than {INTEGER_DIGITS} digits {side} the point")
    if abs(written_exactly) in FAULTS and FAULT not in terms.allow:
        return Bad(_FAULT.format(number))
    exact = Fraction(written_exactly) * factor
    scaled = exact * 10**DECIMALS
    rounded = scaled.denominator != 1
    if rounded and factor.denominator in (1, 1000) and len(written_exactly.as_tuple().digits) < FLOAT_DIGITS:
        return Bad(
            f"kWh has more than {DECIMALS} digits after the point; the table keeps every digit, so round it first"
        )
    whole = round(scaled)
    if abs(whole) >= 10 ** (INTEGER_DIGITS + DECIMALS):
        return Bad(f"kWh has more than {INTEGER_DIGITS} digits before the point")
    return _plausible(Value(whole, quality, rounded), length, terms)


def _plausible(found: Value, length: int, terms: Terms) -> Value | Bad:
    kwh = Decimal(found.scaled).scaleb(-DECIMALS)
    if abs(kwh) in FAULTS and FAULT not in terms.allow:
        return Bad(_FAULT.format(kwh.normalize()))
    if abs(kwh) * 60 > MAX_KW * length and BOUND not in terms.allow:
        return Bad(
            f"{kwh.normalize():f} in {length} minutes is more than {MAX_KW:,} kW, which no supply carries; "
            "allow `bound` in the account's sources if it is right"
        )
    return found


def traits(
    texts: Mapping[str, tuple[str, ...]], terms: Terms, unit: Unit | None, flow: Flow
) -> Traits | tuple[str, Bad]:
    """What small columns say together, by role; or the role at fault, and why.

    `unit` and `flow` are those that the name of the column of values has.
    """
    judged: dict[str, Any] = {"version": terms.version, "minutes": None, "quality": ACTUAL}
    rules = (("version", version), ("minutes", minutes), ("quality", lambda text: quality(text, terms)))
    for role, rule in rules:
        for text in texts.get(role, ()):
            judged[role] = rule(text)
            if isinstance(judged[role], Bad):
                return role, judged[role]
    known = {**words.UNITS, **terms.units}
    said_units = [known[word] for text in texts.get("flow", ()) if (word := words.said(text)) in known]
    for beside in said_units:
        if unit is not None and (unit.factor, unit.power) != (beside.factor, beside.power):
            return "flow", Bad(f"one column says {beside.name}, and another {unit.name}")
        unit = beside
    for text in filter(str.strip, texts.get("unit", ())):
        found = words.UNITS.get(tidy(text).lower())
        if found is None or (unit is not None and found != unit and (unit is not words.KWH or found.power)):
            return "unit", Bad("a unit is Wh, kWh, MWh, W, kW, MW, or VArh and VAr, and that of the column's name")
        unit = found
    together: Flow | None = flow
    for text in texts.get("flow", ()):
        word = words.said(text)
        said = terms.flows.get(word) or terms.flows.get(word.rpartition("#")[2]) or words.FLOWS.get(word)
        if said is None:
            return "flow", Bad("a channel is import, export, reactive-import or reactive-export (AI, AE, RI, RE)")
        together = together and together.and_(said)
        if together is None:
            return "flow", Bad("one column contradicts another about the channel")
    if unit is None and "unit" in texts:
        return "unit", Bad("no unit is said; write kWh")
    if unit is None or (unit is words.KWH and not said_units and not any(map(str.strip, texts.get("unit", ())))):
        # What a column of kWh holds of a reactive channel is kVArh: there is no other reading of it.
        unit = words.UNITS["kvarh"] if together and together.reactive else words.KWH
    together = together and together.and_(Flow(None, True)) if unit.reactive else together
    if together is None or (together.reactive and not unit.reactive):
        return "unit", Bad(f"{unit.name} is no unit of this channel")
    length = judged["minutes"] or terms.minutes
    factor = unit.factor * Fraction(length, 60) if unit.power else unit.factor
    return Traits(together.channel, judged["version"], judged["quality"], judged["minutes"], factor, unit.power)


def quality(text: str, terms: Terms) -> str | Bad:
    """How well a value is known, by the common words and the terms'."""
    word = words.said(text)
    found = terms.qualities.get(word) or words.QUALITIES.get(word)
    return found or Bad(
        "a quality is actual, estimated or substituted (A, E, S); or list the column under `ignore` in the account's "
        "sources"
    )


_FAULT = "{} is what a meter shows that has no value; if it is right, allow `fault` in the account's sources"
