"""The words that meter files use, as data: names of columns, and what is written in those that change the meaning."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from core.energy.readings.reading import (
    ACTUAL,
    ESTIMATED,
    EXPORT,
    IMPORT,
    REACTIVE_EXPORT,
    REACTIVE_IMPORT,
    SUBSTITUTED,
)

POINT, START, STAMP, END, DATE, VALUE = "point", "start", "stamp", "end", "date", "value"
VERSION, FLOW, QUALITY, UNIT, MINUTES = "version", "flow", "quality", "unit", "minutes"
START_TIME, END_TIME, PART = "time of start", "time of end", "part"
"""Roles of columns that layouts of others have: the time beside a date, and which part of a reading a row has."""
ROLES: dict[str, tuple[str, ...]] = {
    POINT: ("point", "mpan", "mpan core", "mpan number", "mprn", "nmi", "prm", "cups", "ean", "mpxn", "meter point"),
    START: ("start", "start time", "start datetime", "interval start", "period start", "from"),
    # Whether these name the start or the end, the file has to show.
    STAMP: ("timestamp", "time", "datetime", "date time", "date/time"),
    END: ("end", "end time", "end datetime", "interval end", "period end", "to"),
    DATE: ("date", "settlement date", "reading date", "day"),
    VERSION: ("version", "run", "settlement run"),
    FLOW: ("channel", "direction", "flow", "flow direction", "measurement", "measurement quantity", "measurement type"),
    QUALITY: ("quality", "status", "flag", "quality flag"),
    UNIT: ("unit", "units", "uom"),
    MINUTES: ("minutes", "interval minutes", "interval length"),
}
UTC_DAYS = ("date (utc)", "utc date", "date utc")
"""Names of a column of days of UTC."""
_POINTS = frozenset(ROLES[POINT])
_TIMES = frozenset([*ROLES[START], *ROLES[STAMP], *ROLES[DATE], *UTC_DAYS])
SEVERAL = (FLOW,)
"""Roles that more than one column may have."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What a word says of a channel: out to the grid or in from it, reactive or active; None where it says nothing."""

    out: bool | None = None
    reactive: bool | None = None

    def and_(self, other: Flow) -> Flow | None:
        """What both say together; None where one contradicts the other."""
        merged = []
        for one, two in ((self.out, other.out), (self.reactive, other.reactive)):
            if one is not None and two is not None and one != two:
                return None
            merged.append(two if one is None else one)
        return Flow(*merged)

    @property
    def channel(self) -> str:
        """Where nothing is said, energy flows in and is active."""
        if self.reactive:
            return REACTIVE_EXPORT if self.out else REACTIVE_IMPORT
        return EXPORT if self.out else IMPORT


@dataclass(frozen=True, slots=True)
class Unit:
    """Of kWh or kVArh, how many a unit is; of power, how many after an hour."""

    name: str
    factor: Fraction
    reactive: bool = False
    power: bool = False


NO_FLOW = Flow()
"""Nothing is said."""
UNITS = {
    name.lower(): Unit(name, factor, reactive, power)
    for prefix, factor in (("", Fraction(1, 1000)), ("k", Fraction(1)), ("M", Fraction(1000)))
    for stem, reactive, power in (("Wh", False, False), ("W", False, True), ("VArh", True, False), ("VAr", True, True))
    for name in (prefix + stem,)
}
KWH = UNITS["kwh"]
FLOWS = {
    "": Flow(),
    IMPORT: Flow(False),
    EXPORT: Flow(True),
    REACTIVE_IMPORT: Flow(False, True),
    REACTIVE_EXPORT: Flow(True, True),
    "in": Flow(False),
    "out": Flow(True),
    "active": Flow(None, False),
    "reactive": Flow(None, True),
    "active import": Flow(False, False),
    "active export": Flow(True, False),
    "reactive import": Flow(False, True),
    "reactive export": Flow(True, True),
    "ai": Flow(False, False),
    "ae": Flow(True, False),
    "ri": Flow(False, True),
    "re": Flow(True, True),
    "consumption": Flow(False),
    "generation": Flow(True),
    "injection": Flow(True),
    **{name: Flow(None, unit.reactive) for name, unit in UNITS.items()},
}
QUALITIES = {
    "": ACTUAL,
    "a": ACTUAL,
    ACTUAL: ACTUAL,
    "measured": ACTUAL,
    "e": ESTIMATED,
    ESTIMATED: ESTIMATED,
    "estimate": ESTIMATED,
    "est": ESTIMATED,
    "s": SUBSTITUTED,
    SUBSTITUTED: SUBSTITUTED,
    "substitute": SUBSTITUTED,
    "f": SUBSTITUTED,
}
RUNS = {"ii": 1, "sf": 2, "r1": 3, "r2": 4, "r3": 5, "rf": 6, "df": 7}
"""The settlement runs of Great Britain (Elexon, BSCP 01), in their order."""
GAPS = frozenset({"", "-", "--", "n/a", "na", "#n/a", "null", "nan", "none", "nil", "missing"})
"""What stands where there is no reading."""

_VALUES = {
    "value": (None, Flow()),
    "consumption": (None, Flow()),
    "usage": (None, Flow()),
    "energy": (None, Flow()),
    **{name: (unit, Flow()) for name, unit in UNITS.items()},
}
# Between the words of FlowDirection, but not within kWh.
_CAMEL = re.compile(r"(?<=[a-z])(?!(?:Wh|VArh|VAr|W)(?![a-z]))(?=[A-Z][a-z])")
_IN_BRACKETS = re.compile(r"(value|consumption|usage|energy|import|export)?[ _]*[(\[]?(\w+)[)\]]?")
# A column with one of these in its name says something about what was measured, when, or how well.
_MEANINGFUL = frozenset(
    [
        "direction",
        "channel",
        "register",
        "unit",
        "units",
        "uom",
        "quality",
        "status",
        "flag",
        "estimated",
        "estimate",
        "estimation",
        "end",
        "until",
        "to",
        "measure",
        "measurement",
        "quantity",
        "zone",
        "timezone",
        "tz",
        "offset",
        "utc",
        "gmt",
        "local",
        "dst",
        "minutes",
        "duration",
        "interval",
        "period",
        "multiplier",
        "factor",
        "scale",
        "type",
        "import",
        "export",
        "reactive",
        "active",
        "kwh",
        "wh",
        "mwh",
        "kw",
        "w",
        "kvarh",
        "kvar",
        "varh",
        "m3",
        "version",
        "run",
        "date",
        "time",
        "start",
        "from",
        "timestamp",
        "stamp",
        "datetime",
        "value",
        "reading",
        "consumption",
        "usage",
        "energy",
        "generation",
        "injection",
        "obis",
        "suffix",
        "stream",
        "datastream",
        "tariff",
        "tou",
        "rate",
        "phase",
        "quadrant",
        "sign",
        "sense",
        "sp",
        "hour",
        "commodity",
        "fuel",
        "cumulative",
        "index",
        "total",
        "net",
        "demand",
        "power",
        "actual",
        "validated",
        "settlementperiod",
    ]
)
_WHOSE = frozenset(["meter", "site", "msn", "serial", "name", "id", "device", "location", "premises", "account"])
"""A column with one of these says whose readings a row has, where no other does."""
_ABOVE_DIRECTION = re.compile(
    r"\b(?:direction|channel|flow|measurement)\W+(?:export|generation|injection|reactive)\b"
    r"|\breactive (?:energy|power)\b",
    re.IGNORECASE,
)
_ABOVE_UNIT = re.compile(r"\b(?:[kMG]W|[MG]?Wh|MWH|[kMG]?VArh?|[kMG]?varh?|KVARH)\b")
_ABOVE_ZONE = re.compile(r"\b(?:UTC|GMT|CET)\b")
_HARMLESS = frozenset(
    ["cost", "price", "charge", "tax", "vat", "contract", "customer", "business", "energisation", "supplier"]
)
"""A column with one of these says nothing of the values, whatever its other words are."""
KINDS_NAMED = {
    "mpan": ("mpan",),
    "mpan core": ("mpan",),
    "mpan number": ("mpan",),
    "mpxn": ("mpan", "mprn"),
    **{name: (name,) for name in ("mprn", "nmi", "prm", "cups", "ean")},
}
"""Names of columns of points that say of what kind they are."""


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """A column's name as the tables here have it: small letters, single spaces, no quotes and no leading hash."""
    bare = name.strip().strip("\"'").strip().lstrip("#").strip()
    return " ".join(_CAMEL.sub(" ", bare).replace("_", " ").split()).lower()


def said(text: str) -> str:
    """What is written in a small column, as the tables here have it."""
    return re.sub(r"[_\s]+", " ", text.strip().strip("\"'").lower())


def value_column(name: str) -> tuple[Unit | None, Flow] | None:
    """The unit (None: not said) and flow of a column of values by its normal name; None when it is no such column."""
    if name in _VALUES:
        return _VALUES[name]
    found = _IN_BRACKETS.fullmatch(name)
    unit = UNITS.get(found[2]) if found else None
    if found is None or unit is None or not found[1]:
        return None
    return unit, Flow() if found[1] in _VALUES else FLOWS[found[1]]


def like_header(cells: list[str]) -> bool:
    """Whether a line names columns: of points and times, or of one of these and of values."""
    names = {normal(cell) for cell in cells}
    point, time = not names.isdisjoint(_POINTS), not names.isdisjoint(_TIMES)
    if point and time:
        return True
    return (point or time) and any(value_column(name) or re.fullmatch(r"hh ?[0-9]+", name) for name in names)


def renames(cell: str, name: str) -> bool:
    """Whether a cell in the column of values is a name of such a column, a unit or a direction, and not its own."""
    said = normal(cell)
    return bool(said) and said != name and (value_column(said) is not None or said in FLOWS or said in UNITS)


def is_meaningful(name: str, *, of_a_point: bool) -> bool:
    """Whether a column that no role claims may change what the values mean, or, unless another does, whose they are."""
    found = set(re.split(r"[^a-z0-9]+", name))
    if not _HARMLESS.isdisjoint(found):
        return False
    return not _MEANINGFUL.isdisjoint(found) or name == "a/e" or not (of_a_point or _WHOSE.isdisjoint(found))


def above(text: str, *, direction: bool, unit: bool, zone: bool) -> str | None:
    """What a line that is no row says of direction, of a unit other than kWh, of clocks; what is True is known."""
    rules = ((_ABOVE_DIRECTION, direction), (_ABOVE_UNIT, unit), (_ABOVE_ZONE, zone))
    return next((found[0] for rule, known in rules if not known and (found := rule.search(text))), None)
