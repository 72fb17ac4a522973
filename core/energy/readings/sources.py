"""An account's sources: what its files can't say, by the pattern of their names.

sources/{account}.json    a list, of which the first entry that fits a file's name counts
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, structs

from core.energy.accounts.path import account_of
from core.energy.accounts.tagged import Tagged
from core.energy.actions import CHANGE_SETTINGS, READ, on_account
from core.energy.readings import points
from core.energy.readings.points import FREE, UNKNOWN_ZONE
from core.energy.readings.reading import MAX_VERSION
from core.energy.readings.zones import named
from core.kernel.api.context import Answer, Call, Route
from core.kernel.described import convert
from core.kernel.errors import Code, invalid
from core.kernel.http import Response

MAX_SOURCES = 100
LONGEST_COLUMN = 500
"""Characters of a column's name: with the others' limits, a document that every file of the account costs reading."""
_DOCUMENT = "sources/{account}.json"


class Source(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is so of the files whose name fits the pattern. What is left out, the file says, or it is refused."""

    files: Annotated[str, Meta(min_length=1, max_length=200, description="Name pattern with * and ?; case counts not")]
    layout: Annotated[str, Meta(max_length=64, description="By its name: the only one that is tried")] | None = None
    point: Annotated[str, Meta(max_length=64, description="Whose readings they are, when no column says")] | None = None
    kind: Annotated[Literal["free"], Meta(description="Points are names of your own, not MPANs or the like")] | None = (
        None
    )
    zone: (
        Annotated[str, Meta(max_length=64, description="Of times without one, of days, and of points with a name")]
        | None
    ) = None
    version: Annotated[int, Meta(ge=1, le=MAX_VERSION)] | None = None
    unit: Literal["Wh", "kWh", "MWh", "W", "kW", "MW", "VArh", "kVArh", "MVArh", "VAr", "kVAr", "MVAr"] | None = None
    channel: Literal["import", "export", "reactive-import", "reactive-export"] | None = None
    stamp: Annotated[Literal["start", "end"], Meta(description="Which end of its interval a time names")] | None = None
    minutes: Literal[5, 10, 15, 30, 60] | None = None
    clock: Annotated[
        Literal["wall", "elapsed"],
        Meta(description="Of wide files, on a day of 23 hours: columns by what clocks show, or one by one"),
    ] | None = None  # fmt: skip
    ignore: Annotated[
        list[Annotated[str, Meta(max_length=LONGEST_COLUMN)]],
        Meta(max_length=50, description="Columns that change nothing"),
    ] = []
    allow: Annotated[
        list[Literal["future", "past", "fault", "bound", "register", "offset"]],
        Meta(max_length=6, description="What is right although it looks implausible"),
    ] = []


class Said(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is said of one file as it is sent; how points are settled, and what is implausible, only sources say."""

    layout: Annotated[str, Meta(max_length=64)] | None = None
    point: Annotated[str, Meta(max_length=64)] | None = None
    zone: Annotated[str, Meta(max_length=64)] | None = None
    version: Annotated[int, Meta(ge=1, le=MAX_VERSION)] | None = None
    unit: Literal["Wh", "kWh", "MWh", "W", "kW", "MW", "VArh", "kVArh", "MVArh", "VAr", "kVAr", "MVAr"] | None = None
    channel: Literal["import", "export", "reactive-import", "reactive-export"] | None = None
    stamp: Literal["start", "end"] | None = None
    minutes: Literal[5, 10, 15, 30, 60] | None = None


def merged(entry: Source | None, said: Said | None) -> Source | None:
    """What the sources say of a file, and what was said of it when it was sent, which comes first.

    Raises `TrefoilError(INVALID)` for a zone or a point that is none.
    """
    given = {name: value for name, value in structs.asdict(said).items() if value is not None} if said else {}
    if not given:
        return entry
    both = structs.replace(entry or Source(files=""), **given)
    _check_entry(both, "source")
    return both


def checked(entry: dict[str, Any]) -> Source:
    """An entry for one file, by its fields. Raises `TrefoilError(INVALID)` or `msgspec.ValidationError`."""
    found = structs.replace(convert({"files": "*", **entry}, Source), files="")
    _check_entry(found, "source")
    return found


class Sources(Struct, forbid_unknown_fields=True):
    sources: Annotated[list[Source], Meta(max_length=MAX_SOURCES)] = []


def fitting(value: Any | None, name: str) -> Source | None:
    """The entry of an account's document (None: it has none) for a file of that name."""
    entries = convert(value, Sources).sources if value else []
    return next((entry for entry in entries if fnmatchcase(name.lower(), entry.files.lower())), None)


def zones(value: Any | None) -> Callable[[str], str]:
    """By which zone's days a point is settled: that of its kind, or of a name of its own what the document says."""
    free = _free(convert(value, Sources) if value else Sources())

    def zone_of(point: str) -> str:
        kind = points.kind_of(point)
        return kind.zone if kind else free.get(point) or free.get(None) or UNKNOWN_ZONE

    return zone_of


def _free(said: Sources) -> dict[str | None, str]:
    """The zone of each free point that has an entry of its own, and (None) of the others."""
    return {entry.point: entry.zone or UNKNOWN_ZONE for entry in said.sources if entry.kind == FREE}


def _check(value: Sources) -> None:
    """Raises `TrefoilError(INVALID)` when a zone or a point is none, or two entries settle a free point differently."""
    for entry in value.sources:
        _check_entry(entry, "sources")
    free = _free(value)
    for entry in value.sources:
        zone_name, other = entry.zone or UNKNOWN_ZONE, free.get(None) or free.get(entry.point)
        if entry.kind == FREE and zone_name != other:
            whose = entry.point or "points with names of their own"
            raise invalid("sources.zone", f"{whose} can't be settled by both {zone_name} and {other}; say one")


def _check_entry(entry: Source, where: str) -> None:
    try:
        zone = named(entry.zone or UNKNOWN_ZONE)
    except ValueError as error:
        raise invalid(f"{where}.zone", str(error)) from None
    if entry.point is not None and (flaw := points.flaw_of(entry.point, free=zone if entry.kind == FREE else None)):
        raise invalid(f"{where}.point", flaw)


_SOURCES = Tagged(_DOCUMENT, Sources, "sources")


def read(call: Call) -> Response:
    return _SOURCES.read(call, account_of(call))


def write(call: Call) -> Response:
    account = account_of(call)
    _check(call.body)
    return _SOURCES.write(call, account)


def document(account: str) -> str:
    return _DOCUMENT.format(account=account)


ROUTES = (
    Route(
        "GET",
        "/api/accounts/{account}/sources",
        read,
        "What files can't say",
        {200: Answer("By name pattern, with their ETag", Sources)},
        on_account(READ),
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "PUT",
        "/api/accounts/{account}/sources",
        write,
        "Say what files can't",
        {200: Answer("The sources as stored, with their new ETag", Sources)},
        on_account(CHANGE_SETTINGS),
        body=Sources,
        headers={"If-Match": "The ETag of the sources that were read"},
        errors=(Code.NOT_FOUND, Code.STALE, Code.PRECONDITION_REQUIRED),
    ),
)
