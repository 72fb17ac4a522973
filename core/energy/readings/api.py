"""Metering points, and the readings of points: as recorded, or exact sums of them, as JSON, CSV or Arrow, by pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlencode

from msgspec import Meta, Struct

from core.energy.accounts.path import account_of
from core.energy.actions import READ, on_account
from core.energy.readings import forms, sources
from core.energy.readings.periods import midnight
from core.energy.readings.points import FREE, TEXT, kind_of
from core.energy.readings.reading import UNITS
from core.energy.readings.zones import named
from core.kernel.api import cursor
from core.kernel.api.context import Answer, Call, Route
from core.kernel.api.models import Moment
from core.kernel.clock import rfc3339
from core.kernel.errors import Code, invalid
from core.kernel.http import Response, json_response
from core.kernel.identifiers import exactly

if TYPE_CHECKING:
    from core.energy.readings.answers import Page
    from core.energy.readings.files import Extent
    from core.energy.readings.query import PointSummary, Series

EVERY = "*"
"""Instead of a point's name: all that the account has. No name has that character."""
MOST_POINTS = 50
"""Points that one question may name, and a page tells of: so a page of months is an answer of seconds."""
MOST_OF_SEVERAL = 25_000
"""Values of a page of several points. Each has its point beside it, and the page must stay below 4 MiB."""
DAY = timedelta(days=1)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ZONE_AS_SPACE = re.compile(r" (\d\d:?\d\d)$")


class Point(Struct):
    point: str
    kind: Annotated[str, Meta(description="mpan, nmi, mprn, prm, cups, ean, or free: a name of its own")]
    zone: Annotated[str, Meta(description="Whose days and months are the point's settlement days and months")]
    channels: list[str]
    minutes: Annotated[list[int], Meta(description="Lengths of the intervals that were recorded")]
    versions: list[int]
    first: Moment
    last: Moment
    rows: Annotated[int, Meta(description="Readings of all channels and versions")]


class Points(Struct):
    points: list[Point]


PointsAsked = Annotated[
    list[Annotated[str, Meta(pattern=exactly(rf"\*|{TEXT.pattern}"))]],
    Meta(
        min_length=1,
        max_length=MOST_POINTS,
        description="MPAN, NMI, MPRN, PRM, CUPS, EAN, or a name; several as point=A&point=B, all as point=*",
        extra_json_schema={"uniqueItems": True},
    ),
]


class ReadingsQuery(Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    point: PointsAsked
    channel: Literal["import", "export", "reactive-import", "reactive-export"] = "import"
    from_: Annotated[str, Meta(max_length=40, description="First start: ISO 8601 with zone, or a settlement day")] = ""
    to: Annotated[str, Meta(max_length=40, description="End, exclusive: as `from`")] = ""
    version: Annotated[str, Meta(pattern=exactly("latest|[1-9]|1[0-9]|2[0-4]"))] = "latest"
    resolution: Annotated[
        Literal["native", "30m", "hour", "day", "month"],
        Meta(description="`native` is as recorded; the others are exact sums, days and months by the point's clock"),
    ] = "30m"
    format: Literal["json", "csv", "arrow"] = "json"
    limit: Annotated[
        int,
        Meta(
            ge=1,
            le=50_000,
            description=f"Values a page, at most; of several points {MOST_OF_SEVERAL}, of up to {MOST_POINTS} points",
        ),
    ] = 50_000
    cursor: Annotated[str, Meta(max_length=200, description="`next` of the page before")] = ""


class Readings(Struct):
    point: str
    channel: str
    unit: Literal["kWh", "kVArh"]
    version: str | int
    start: Annotated[list[str], Meta(description="Starts as RFC 3339; of days and months their first date")]
    minutes: Annotated[list[int], Meta(description="How long each interval is, or each period within [from, to)")]
    value: Annotated[list[float], Meta(description="Exact decimals: read them as such to keep every digit")]
    quality: Annotated[list[str], Meta(description="actual, substituted, estimated; of a sum the worst of its parts")]
    missing: Annotated[list[int], Meta(description="Minutes of each of which there is no reading")]
    next: str | None


class OnePoint(Struct):
    point: str
    start: list[str]
    minutes: list[int]
    value: list[float]
    quality: list[str]
    missing: list[int]


class ReadingsOfPoints(Struct):
    channel: str
    unit: Literal["kWh", "kVArh"]
    version: str | int
    series: Annotated[
        list[OnePoint], Meta(description="By point, each as that of one; empty where there is nothing of it")
    ]
    next: str | None


def points(call: Call) -> Response:
    account = account_of(call)
    from core.energy.readings import query  # the table engine, only where it is needed

    found = query.points(call.services.store, account)
    zone_of = zones(call, account, [summary.point for summary in found])
    return json_response({"points": [_point(summary, zone_of(summary.point)) for summary in found]})


def zones(call: Call, account: str, points: Iterable[str]) -> Callable[[str], str]:
    """By which zone each of these points is settled. A document is read only for one with a name of its own."""
    if all(map(kind_of, points)):
        return sources.zones(None)
    said = call.services.documents.get(sources.document(account))
    return sources.zones(said and said.value)


def _point(found: PointSummary, zone: str) -> dict[str, Any]:
    kind = kind_of(found.point)
    said = {"point": found.point, "kind": kind.name if kind else FREE, "zone": zone}
    more = {"channels": found.channels, "minutes": found.minutes, "versions": found.versions}
    return {**said, **more, "first": rfc3339(found.first), "last": rfc3339(found.last), "rows": found.rows}


def readings(call: Call) -> Response:
    query: ReadingsQuery = call.query
    account = account_of(call)
    asked = points_asked(query.point)
    several = _several(asked)
    identity = (account, ",".join(asked), query.channel, query.from_, query.to, query.version, query.resolution)
    position = cursor.read(identity, query.cursor) if query.cursor else ""
    if not several:  # one point's cursor is a start; a point may have a space in it, a start has none
        position = f"{asked[0]} {position}"
    page = _page(call, account, query, asked, position)
    following = None
    if page.next:
        following = cursor.make(identity, " ".join(page.next) if several else page.next[1])
    if query.format == "json":
        about = {"channel": query.channel, "unit": UNITS[query.channel], "version": _version(query)}
        body = forms.as_json(page.found, about, following, several=several)
        return Response(200, (("Content-Type", "application/json"),), body)
    if query.format == "csv":
        body, content_type = forms.as_csv(page.found, several=several), "text/csv; charset=utf-8"
    else:
        body, content_type = forms.as_arrow(page.found, several=several), forms.ARROW
    headers = [("Content-Type", content_type)]
    if following:
        again = urlencode({**_given(query), "cursor": following}, doseq=True)
        headers.append(("Link", f'</api/accounts/{account}/readings?{again}>; rel="next"'))
    return Response(200, tuple(headers), body)


def points_asked(given: Sequence[str]) -> list[str]:
    """The points that are named, ordered; or `EVERY`. Raises `TrefoilError(INVALID)`."""
    asked = sorted(given)
    for one, other in pairwise(asked):
        if one == other:
            raise invalid("point", f"{one} is given twice")
    if EVERY in asked and len(asked) > 1:
        raise invalid("point", f"{EVERY} is all points; name none beside it")
    return asked


def _several(asked: Sequence[str]) -> bool:
    """Whether the answer tells the point of each value: also where `*` turns out to be one."""
    return len(asked) > 1 or EVERY in asked


def _page(call: Call, account: str, query: ReadingsQuery, asked: list[str], position: str) -> Page:
    """The page at a position: a point, and its start there, which is empty where it begins with all of the point."""
    from dataclasses import replace

    from core.energy.readings import answers  # the table engine, only where it is needed
    from core.energy.readings.query import names
    from core.energy.readings.view import opened

    after, _, start = position.rpartition(" ")
    # By whatever clock; and so that nonsense is refused where there is no point to ask of, too.
    begin, end = _moment("from", query.from_, UTC), _moment("to", query.to, UTC)
    with opened(call.services.store, account, wanted=partial(_may_be_in, asked, begin, end)) as table:
        every = names(table) if table and asked == [EVERY] else []
        ahead = [point for point in (every if asked == [EVERY] else asked) if point >= after]
        series = _series(call, account, query, ahead[:MOST_POINTS])
        if start and series and series[0].point == after:
            series[0] = replace(series[0], begin=_moment("cursor", start, series[0].zone))
        if table is None:
            return answers.Page([answers.Found(one.point) for one in series], None)
        limit = min(query.limit, MOST_OF_SEVERAL) if _several(asked) else query.limit
        try:
            page = answers.page(table, series, resolution=query.resolution, limit=limit, every=every)
        except answers.TooFineError as error:
            raise invalid("resolution", f"{error}; ask for hour, day, month or native") from None
    if page.next is None and len(ahead) > MOST_POINTS:
        return replace(page, next=(ahead[MOST_POINTS], ""))
    return page


def _may_be_in(asked: Sequence[str], begin: datetime | None, end: datetime | None, extent: Extent) -> bool:
    """Whether something that is asked for may be in a file of that box, where the bounds are off by a day at most."""
    if EVERY in asked:
        return True
    first, last = extent.starts
    in_time = (begin is None or begin - last <= DAY) and (end is None or first - end <= DAY)
    return in_time and any(map(extent.may_hold, asked))


def _series(call: Call, account: str, query: ReadingsQuery, points: Sequence[str]) -> list[Series]:
    """What is asked for of each point, by its own clock."""
    from core.energy.readings.query import Series

    zone_of = zones(call, account, points)

    @cache
    def bounds(zone: tzinfo) -> tuple[datetime | None, datetime | None]:
        return period(query.from_, query.to, zone)

    clocks = {point: named(zone_of(point)) for point in points}
    return [Series(point, query.channel, *bounds(clocks[point]), _version(query), clocks[point]) for point in points]


def _version(query: ReadingsQuery) -> str | int:
    return query.version if query.version == "latest" else int(query.version)


def period(from_: str, to: str, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """The bounds [from, to) of a period, days being those of a zone, None where none is given.

    Raises `TrefoilError(INVALID)`.
    """
    begin, end = _moment("from", from_, zone), _moment("to", to, zone)
    if begin and end and begin >= end:
        raise invalid("to", "must be later than from")
    return begin, end


def _moment(field: str, text: str, zone: tzinfo) -> datetime | None:
    """An instant with zone, or the beginning of a settlement day."""
    if not text:
        return None
    # A + that was not percent-encoded arrives as a space.
    text = _ZONE_AS_SPACE.sub(r"+\1", text)
    try:
        if _DATE.fullmatch(text):
            return midnight(zone, date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
        moment.astimezone()
    except (ValueError, OverflowError):
        raise invalid(
            field, f"{text!r} is neither 2026-01-31 nor a time with zone such as 2026-01-31T00:30:00Z"
        ) from None
    if moment.tzinfo is None:
        raise invalid(field, f"{text!r} has no zone; write 2026-01-31T00:30:00Z")
    return moment


def _given(query: ReadingsQuery) -> dict[str, Any]:
    given = {
        "point": query.point,
        "channel": query.channel,
        "from": query.from_,
        "to": query.to,
        "version": query.version,
    }
    given |= {"resolution": query.resolution, "format": query.format, "limit": str(query.limit)}
    return {name: value for name, value in given.items() if value}


ROUTES = (
    Route(
        "GET",
        "/api/accounts/{account}/points",
        points,
        "Metering points",
        {200: Answer("Points with first and last start", Points)},
        on_account(READ),
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "GET",
        "/api/accounts/{account}/readings",
        readings,
        "Readings of points",
        {
            200: Answer(
                "A page of readings, of one point or of several",
                (Readings, ReadingsOfPoints),
                ("application/json", "text/csv", forms.ARROW),
            )
        },
        on_account(READ),
        query=ReadingsQuery,
        errors=(Code.NOT_FOUND,),
    ),
)
