"""Metering points, and one point's readings: half hours, or day and month totals, as JSON, CSV or Arrow, by pages."""

from __future__ import annotations

import io
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from msgspec import Meta, Struct

from core.energy.accounts.path import account_of
from core.energy.actions import READ, on_account
from core.energy.identifiers import POINT
from core.kernel.api import cursor
from core.kernel.api.context import Answer, Call, Route
from core.kernel.api.models import Moment
from core.kernel.clock import rfc3339
from core.kernel.errors import Code, invalid
from core.kernel.http import Response, json_bytes, json_response
from core.kernel.identifiers import exactly

ARROW = "application/vnd.apache.arrow.stream"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ZONE_AS_SPACE = re.compile(r" (\d\d:?\d\d)$")


class Point(Struct):
    point: str
    first: Moment
    last: Moment
    rows: Annotated[int, Meta(description="Readings of all versions")]


class Points(Struct):
    points: list[Point]


class ReadingsQuery(Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    point: Annotated[str, Meta(pattern=exactly(POINT.pattern), description="MPAN or NMI")]
    from_: Annotated[str, Meta(max_length=40, description="First start: ISO 8601 with zone, or a settlement day")] = ""
    to: Annotated[str, Meta(max_length=40, description="End, exclusive: as `from`")] = ""
    version: Annotated[str, Meta(pattern=exactly("latest|[1-9]|1[0-9]|2[0-4]"))] = "latest"
    resolution: Literal["30m", "day", "month"] = "30m"
    format: Literal["json", "csv", "arrow"] = "json"
    limit: Annotated[int, Meta(ge=1, le=50_000, description="Values a page")] = 50_000
    cursor: Annotated[str, Meta(max_length=200, description="`next` of the page before")] = ""


class Readings(Struct):
    point: str
    version: str | int
    start: Annotated[list[str], Meta(description="Half hours as RFC 3339; days and months as their first date")]
    kwh: Annotated[list[float], Meta(description="Exact decimals: read them as such to keep every digit")]
    next: str | None


class Page(Struct, frozen=True):
    """Starts (half hours as RFC 3339, days and months as first date), exact kWh, and where the next page begins."""

    starts: list[str]
    kwh: list[Decimal]
    next: str | None


def points(call: Call) -> Response:
    account = account_of(call)
    from core.energy.readings import query  # the table engine, only where it is needed

    found = query.points(call.services.store, account)
    return json_response(
        {
            "points": [
                {"point": point.point, "first": rfc3339(point.first), "last": rfc3339(point.last), "rows": point.rows}
                for point in found
            ]
        }
    )


def readings(call: Call) -> Response:
    query: ReadingsQuery = call.query
    account = account_of(call)
    identity = (account, query.point, query.from_, query.to, query.version, query.resolution)
    begin, end = period(query.from_, query.to)
    if query.cursor:
        begin = _moment("cursor", cursor.read(identity, query.cursor))
    page = _page(call, account, query, begin, end)
    following = cursor.make(identity, page.next) if page.next else None
    if query.format == "json":
        return Response(200, (("Content-Type", "application/json"),), _json(query, page, following))
    body, content_type = (_csv(page), "text/csv; charset=utf-8") if query.format == "csv" else (_arrow(page), ARROW)
    headers = [("Content-Type", content_type)]
    if following:
        again = {**_given(query), "cursor": following}
        headers.append(("Link", f'</api/accounts/{account}/readings?{urlencode(again)}>; rel="next"'))
    return Response(200, tuple(headers), body)


def _page(call: Call, account: str, query: ReadingsQuery, begin: datetime | None, end: datetime | None) -> Page:
    from core.energy.readings import query as table  # the table engine, only where it is needed

    wanted: dict[str, Any] = {
        "point": query.point,
        "begin": begin,
        "end": end,
        "version": query.version if query.version == table.LATEST else int(query.version),
        "limit": query.limit + 1,
    }
    store, rows = call.services.store, []
    if query.resolution != "30m":
        totals = table.totals(store, account, **wanted, resolution=query.resolution)
        rows = [(day.isoformat(), kwh) for day, kwh in totals]
    elif found := table.readings(store, account, **wanted):
        starts = map(rfc3339, found.column("start").to_pylist())
        rows = list(zip(starts, found.column("kwh").to_pylist(), strict=True))
    page, rest = rows[: query.limit], rows[query.limit :]
    return Page([start for start, _ in page], [kwh for _, kwh in page], rest[0][0] if rest else None)


def period(from_: str, to: str) -> tuple[datetime | None, datetime | None]:
    """The bounds [from, to) of a period, None where none is given. Raises `TrefoilError(INVALID)`."""
    begin, end = _moment("from", from_), _moment("to", to)
    if begin and end and begin >= end:
        raise invalid("to", "must be later than from")
    return begin, end


def _moment(field: str, text: str) -> datetime | None:
    """An instant with zone, or the beginning of a settlement day."""
    if not text:
        return None
    # A + that was not percent-encoded arrives as a space.
    text = _ZONE_AS_SPACE.sub(r"+\1", text)
    try:
        if _DATE.fullmatch(text):
            from core.energy.readings.periods import midnight

            return midnight(date.fromisoformat(text))
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
    given = {"point": query.point, "from": query.from_, "to": query.to, "version": query.version}
    given |= {"resolution": query.resolution, "format": query.format, "limit": str(query.limit)}
    return {name: value for name, value in given.items() if value}


def _text(value: Decimal) -> str:
    """Every digit that matters, and no exponent."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def _json(query: ReadingsQuery, page: Page, following: str | None) -> bytes:
    # Written by hand, because a JSON number may have more digits than a float keeps.
    version = query.version if query.version == "latest" else int(query.version)
    head = json_bytes({"point": query.point, "version": version, "start": page.starts})[:-1]
    numbers = ",".join(map(_text, page.kwh)).encode()
    return head + b',"kwh":[' + numbers + b'],"next":' + json_bytes(following) + b"}"


def _csv(page: Page) -> bytes:
    lines = [f"{start},{_text(kwh)}\n" for start, kwh in zip(page.starts, page.kwh, strict=True)]
    return "".join(["start,kwh\n", *lines]).encode()


def _arrow(page: Page) -> bytes:
    """An Arrow IPC stream with `start` (text) and `kwh` (decimal with nine places)."""
    from arro3.compute import cast
    from arro3.core import Array, DataType, Field, RecordBatch, Schema
    from arro3.io import write_ipc_stream

    decimal = DataType.decimal128(38, 9)
    text = DataType.string()
    schema = Schema([Field("start", text), Field("kwh", decimal)])
    columns = [Array(page.starts, text), cast(Array([format(kwh, "f") for kwh in page.kwh], text), decimal)]
    stream = io.BytesIO()
    write_ipc_stream(RecordBatch.from_arrays(columns, schema=schema), stream)
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
