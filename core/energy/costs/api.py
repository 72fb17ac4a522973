"""What points cost by hour, day or month, as columns, by pages."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from core.energy.accounts import settings
from core.energy.accounts.path import account_of
from core.energy.actions import READ, on_account
from core.energy.readings.api import EVERY, PointsAsked, points_asked, zones
from core.kernel.api import cursor
from core.kernel.api.context import Answer, Call, Route
from core.kernel.errors import Code, invalid
from core.kernel.fetching import done_together
from core.kernel.http import Response
from core.kernel.identifiers import exactly

if TYPE_CHECKING:
    from core.energy.costs.agreed import Spell
    from core.energy.readings.files import Extent

MOST = 20_000
"""Periods of a page: some 150 bytes each, and a page must stay below 4 MiB."""
EXACT = "none: each amount is the exact product of energy and rate"
FIRST, LAST = date(1900, 1, 1), date(2200, 1, 1)
"""No reading is before or after these days."""


class CostsQuery(Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    point: PointsAsked
    from_: Annotated[str, Meta(max_length=10, description="First settlement day, as 2026-01-31; none: the first")] = ""
    to: Annotated[str, Meta(max_length=10, description="The settlement day after the last; none: there is none")] = ""
    version: Annotated[str, Meta(pattern=exactly("latest|[1-9]|1[0-9]|2[0-4]"))] = "latest"
    resolution: Annotated[
        Literal["hour", "day", "month"], Meta(description="Hours of UTC; days and months by the point's clock")
    ] = "day"
    limit: Annotated[int, Meta(ge=1, le=MOST, description="Periods a page, at most")] = MOST
    cursor: Annotated[str, Meta(max_length=200, description="`next` of the page before")] = ""


class Unpriced(Struct, rename={"from_": "from"}):
    from_: Annotated[str, Meta(description="First settlement day")]
    to: Annotated[str, Meta(description="The day after the last")]
    why: Annotated[str, Meta(description="Why days from then on to then have no amount, and what helps")]


class PointCosts(Struct):
    point: str
    zone: Annotated[str, Meta(description="By whose clock days and months are")]
    start: Annotated[list[str], Meta(description="Starts as RFC 3339; of days and months their first date")]
    kwh: Annotated[list[str | None], Meta(description="Taken, exact decimal text; null where nothing was read")]
    export_kwh: Annotated[list[str | None], Meta(description="Given, as `kwh`")]
    amount: Annotated[
        list[str | None],
        Meta(description="What the energy costs, less what is credited; null where it has no price or was not read"),
    ]
    standing: Annotated[
        list[str | None], Meta(description="Charges for the days that begin then; null where one has no price")
    ]
    estimated_kwh: Annotated[list[str], Meta(description="Of both channels what was read as estimated")]
    missing: Annotated[list[int], Meta(description="Minutes without a reading, of the channel that lacks more")]
    unpriced: Annotated[list[Unpriced], Meta(description="Why amounts are null that should not be")]


class ProductUsed(Struct, rename={"from_": "from"}):
    product: str
    name: str
    from_: Annotated[str | None, Meta(description="First settlement day, within what was asked for")]
    to: Annotated[str | None, Meta(description="The day after the last; null: none is known")]


class CostsOfPoints(Struct):
    currency: Annotated[str | None, Meta(description="null where nothing is agreed")]
    version: str | int
    resolution: Literal["hour", "day", "month"]
    rounding: str
    products: Annotated[list[ProductUsed], Meta(description="Which are agreed for which days")]
    series: Annotated[list[PointCosts], Meta(description="By point; empty columns where there is nothing of it")]
    next: str | None


def costs(call: Call) -> Response:
    query: CostsQuery = call.query
    account, asked_for = account_of(call), points_asked(query.point)
    first, following = _days(query)
    identity = ("costs", account, ",".join(asked_for), query.from_, query.to, query.version, query.resolution)
    position = cursor.read(identity, query.cursor) if query.cursor else ""
    from core.energy.costs.agreed import agreed
    from core.energy.costs.page import page
    from core.energy.readings.query import channels_of
    from core.energy.readings.view import opened  # the table engine, only where it is needed

    store, documents = call.services.store, call.services.documents
    with ExitStack() as stack:
        view = opened(store, account, wanted=partial(_may_be_in, asked_for))
        table, contract = done_together(
            store, partial(stack.enter_context, view), partial(settings.contract, documents, account)
        )
        every = asked_for == [EVERY]
        found = channels_of(table, [] if every else asked_for) if table else []
        points = sorted({one.point for one in found}) if every else asked_for
        priced = partial(agreed, documents, contract, first, following)
        spells, zone_of = done_together(store, priced, partial(zones, call, account, points))
        series, ahead = page(
            table,
            points,
            found,
            zone_of,
            spells,
            first=first,
            following=following,
            resolution=query.resolution,
            version=_version(query),
            limit=query.limit,
            position=position,
            every=every,
        )
    return _answer(query, spells, series, ahead and cursor.make(identity, ahead))


def _may_be_in(asked_for: Sequence[str], extent: Extent) -> bool:
    return EVERY in asked_for or any(map(extent.may_hold, asked_for))


def _days(query: CostsQuery) -> tuple[date | None, date | None]:
    """The first day and that after the last; None where any may be. Raises `TrefoilError(INVALID)`."""
    first, following = day_given("from", query.from_), day_given("to", query.to)
    if first and following and first >= following:
        raise invalid("to", "must be later than from")
    return (first if first and first > FIRST else None), (following if following and following < LAST else None)


def day_given(field: str, text: str) -> date | None:
    """The day that a field of a query names; None where it names none. Raises `TrefoilError(INVALID)`."""
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise invalid(field, f"{text!r} is no day; write 2026-01-31")
    return found


def _version(query: CostsQuery) -> str | int:
    return query.version if query.version == "latest" else int(query.version)


def _answer(
    query: CostsQuery, spells: Sequence[Spell], series: list[dict[str, Any]], following: str | None
) -> Response:
    from core.energy.costs.agreed import currency_of
    from core.energy.trading.tariffs import ROUNDING

    products = [
        {"product": spell.tariff.product, "name": spell.name, "from": _said(spell.first), "to": _said(spell.following)}
        for spell in spells
        if spell.tariff
    ]
    about = {"currency": currency_of(spells), "version": _version(query), "resolution": query.resolution}
    about["rounding"] = ROUNDING if query.resolution == "month" else EXACT
    body = msgspec.json.encode({**about, "products": products, "series": series, "next": following})
    return Response(200, (("Content-Type", "application/json"),), body)


def _said(day: date | None) -> str | None:
    return day.isoformat() if day else None


ROUTES = (
    Route(
        "GET",
        "/api/accounts/{account}/costs",
        costs,
        "What points cost",
        {200: Answer("A page of hours, days or months with their energy and costs", CostsOfPoints)},
        on_account(READ),
        query=CostsQuery,
        errors=(Code.NOT_FOUND,),
    ),
)
