"""Metering points, and one point's readings: as recorded, or exact sums of them, as JSON, CSV or Arrow, by pages."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlencode

from msgspec import Meta, Struct

from core.energy.accounts.path import account_of
from core.energy.actions import READ, on_account
from core.energy.readings import sources
from core.energy.readings.decimals import plain
from core.energy.readings.periods import midnight, minutes_between, next_period
from core.energy.readings.points import FREE, TEXT, kind_of
from core.energy.readings.reading import QUALITIES, UNITS
from core.energy.readings.zones import named
from core.kernel.api import cursor
from core.kernel.api.context import Answer, Call, Route
from core.kernel.api.models import Moment
from core.kernel.clock import rfc3339
from core.kernel.errors import Code, invalid
from core.kernel.http import Response, json_bytes, json_response
from core.kernel.identifiers import exactly

if TYPE_CHECKING:
    from arro3.core import Table

    from core.energy.readings.query import PointSummary

ARROW = "application/vnd.apache.arrow.stream"
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


class ReadingsQuery(Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    point: Annotated[str, Meta(pattern=exactly(TEXT.pattern), description="MPAN, NMI, MPRN, PRM, CUPS, EAN, or a name")]
    channel: Literal["import", "export", "reactive-import", "reactive-export"] = "import"
    from_: Annotated[str, Meta(max_length=40, description="First start: ISO 8601 with zone, or a settlement day")] = ""
    to: Annotated[str, Meta(max_length=40, description="End, exclusive: as `from`")] = ""
    version: Annotated[str, Meta(pattern=exactly("latest|[1-9]|1[0-9]|2[0-4]"))] = "latest"
    resolution: Annotated[
        Literal["native", "30m", "hour", "day", "month"],
        Meta(description="`native` is as recorded; the others are exact sums, days and months by the point's clock"),
    ] = "30m"
    format: Literal["json", "csv", "arrow"] = "json"
    limit: Annotated[int, Meta(ge=1, le=50_000, description="Values a page")] = 50_000
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


class Page(Struct, frozen=True):
    """Columns of one length, and the instant or first day at which the next page begins."""

    start: list[str] = []
    minutes: list[int] = []
    value: list[Decimal] = []
    quality: list[str] = []
    missing: list[int] = []
    next: str | None = None


def points(call: Call) -> Response:
    account = account_of(call)
    from core.energy.readings import query  # the table engine, only where it is needed

    found = query.points(call.services.store, account)
    zone_of = _zones(call, account, [summary.point for summary in found])
    return json_response({"points": [_point(summary, zone_of(summary.point)) for summary in found]})


def _zones(call: Call, account: str, points: Iterable[str]) -> Callable[[str], str]:
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
    zone = named(_zones(call, account, [query.point])(query.point))
    identity = (account, query.point, query.channel, query.from_, query.to, query.version, query.resolution)
    begin, end = period(query.from_, query.to, zone)
    if query.cursor:
        begin = _moment("cursor", cursor.read(identity, query.cursor), zone)
    page = _page(call, account, query, begin, end, zone)
    following = cursor.make(identity, page.next) if page.next else None
    if query.format == "json":
        return Response(200, (("Content-Type", "application/json"),), _json(query, page, following))
    body, content_type = (_csv(page), "text/csv; charset=utf-8") if query.format == "csv" else (_arrow(page), ARROW)
    headers = [("Content-Type", content_type)]
    if following:
        again = {**_given(query), "cursor": following}
        headers.append(("Link", f'</api/accounts/{account}/readings?{urlencode(again)}>; rel="next"'))
    return Response(200, tuple(headers), body)


def _page(
    call: Call, account: str, query: ReadingsQuery, begin: datetime | None, end: datetime | None, zone: tzinfo
) -> Page:
    from core.energy.readings import query as table  # the table engine, only where it is needed

    version = query.version if query.version == table.LATEST else int(query.version)
    series = table.Series(query.point, query.channel, begin, end, version)
    store, limit = call.services.store, query.limit
    if query.resolution == "native":
        return _recorded(table.readings(store, account, series, limit=limit + 1), limit)
    try:
        sums = table.totals(store, account, series, resolution=query.resolution, zone=zone, limit=limit + 1)
    except table.TooFineError as error:
        raise invalid("resolution", f"{error}; ask for hour, day, month or native") from None
    step = table.STEPS.get(query.resolution)
    starts = [rfc3339(total.begin) if step else total.day.isoformat() for total in sums]
    page, lengths = sums[:limit], []
    for total in page:
        if step:
            following = total.begin + timedelta(minutes=step)
        else:
            following = midnight(zone, next_period(total.day, query.resolution))
        # An interval may end after `to`; it is counted by its start, and all of it.
        length = minutes_between(max(total.begin, begin or total.begin), min(following, end or following))
        lengths.append(max(length, total.minutes))
    return Page(
        starts[:limit],
        lengths,
        [total.value for total in page],
        [total.quality for total in page],
        [max(0, length - total.minutes) for length, total in zip(lengths, page, strict=True)],
        starts[limit] if len(starts) > limit else None,
    )


def _recorded(found: Table | None, limit: int) -> Page:
    """A page of intervals as they were recorded; nothing is missing of one that is there."""
    if found is None:
        return Page()
    start, value, minutes, quality = (found.column(number).to_pylist() for number in range(4))
    starts = [rfc3339(moment) for moment in start]
    qualities = [QUALITIES[place] for place in quality[:limit]]
    following = starts[limit] if len(starts) > limit else None
    return Page(starts[:limit], minutes[:limit], value[:limit], qualities, [0] * len(qualities), following)


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


def _given(query: ReadingsQuery) -> dict[str, str]:
    given = {
        "point": query.point,
        "channel": query.channel,
        "from": query.from_,
        "to": query.to,
        "version": query.version,
    }
    given |= {"resolution": query.resolution, "format": query.format, "limit": str(query.limit)}
    return {name: value for name, value in given.items() if value}


def _json(query: ReadingsQuery, page: Page, following: str | None) -> bytes:
    # Written by hand, because a JSON number may have more digits than a float keeps.
    version = query.version if query.version == "latest" else int(query.version)
    said = {"point": query.point, "channel": query.channel, "unit": UNITS[query.channel], "version": version}
    head = json_bytes({**said, "start": page.start, "minutes": page.minutes})[:-1]
    numbers = ",".join(map(plain, page.value)).encode()
    tail = json_bytes({"quality": page.quality, "missing": page.missing, "next": following})[1:]
    return head + b',"value":[' + numbers + b"]," + tail


def _csv(page: Page) -> bytes:
    rows = zip(page.start, page.minutes, map(plain, page.value), page.quality, page.missing, strict=True)
    lines = [f"{start},{minutes},{value},{quality},{missing}\n" for start, minutes, value, quality, missing in rows]
    return "".join(["start,minutes,value,quality,missing\n", *lines]).encode()


def _arrow(page: Page) -> bytes:
    """An Arrow IPC stream: `start`, `quality` (text), `minutes`, `missing` (int32), `value` (decimal, nine places)."""
    from arro3.compute import cast
    from arro3.core import Array, DataType, Field, RecordBatch, Schema
    from arro3.io import write_ipc_stream

    decimal, text, whole = DataType.decimal128(38, 9), DataType.string(), DataType.int32()
    columns = {
        "start": Array(page.start, text),
        "minutes": Array(page.minutes, whole),
        "value": cast(Array([format(value, "f") for value in page.value], text), decimal),
        "quality": Array(page.quality, text),
        "missing": Array(page.missing, whole),
    }
    schema = Schema([Field(name, column.type) for name, column in columns.items()])
    stream = io.BytesIO()
    write_ipc_stream(RecordBatch.from_arrays(list(columns.values()), schema=schema), stream)
    return stream.getvalue()


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
        "Readings of one point",
        {200: Answer("A page of readings", Readings, ("application/json", "text/csv", ARROW))},
        on_account(READ),
        query=ReadingsQuery,
        errors=(Code.NOT_FOUND,),
    ),
)
