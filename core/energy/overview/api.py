"""The overview of an account: one answer with what its customer looks at in the morning."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.energy.accounts.path import account_of
from core.energy.actions import READ, on_account
from core.energy.costs.api import FIRST, LAST, day_given
from core.kernel.api.context import Answer, Call, Route
from core.kernel.api.models import Moment
from core.kernel.errors import Code, invalid
from core.kernel.http import Response, json_response

Kwh = Annotated[str, Meta(description="kWh, exact decimal text")]
Cost = Annotated[
    str | None,
    Meta(description="Energy and standing charges, less what is credited: exact; null where a day has no price"),
]
Missing = Annotated[int, Meta(description="Minutes without a reading, of all points")]


class OverviewQuery(Struct, forbid_unknown_fields=True):
    today: Annotated[
        str, Meta(max_length=10, description="As 2026-01-31: what is before that day is shown; none: the clock's day")
    ] = ""


class DayFigures(Struct):
    date: str
    import_kwh: Kwh
    export_kwh: Kwh
    cost: Cost
    missing: Missing
    estimated_kwh: Kwh


class NewestDay(DayFigures):
    is_yesterday: bool


class Figures(Struct, rename={"from_": "from"}):
    from_: str
    to: Annotated[str, Meta(description="The last day")]
    import_kwh: Kwh
    export_kwh: Kwh
    cost: Cost
    missing: Missing
    estimated_kwh: Kwh


class MonthEnd(Struct, rename={"from_": "from"}):
    """Days so far as they are, the others as the mean of those of their kind: Monday to Friday, or the weekend."""

    from_: str
    to: Annotated[str, Meta(description="The last day of the month")]
    import_kwh: Annotated[str, Meta(description="To a watt hour")]
    cost: Annotated[str, Meta(description="To a cent, with the standing charges of the whole month")]
    days: Annotated[int, Meta(description="Days that it is made of")]


class Silent(Struct):
    point: str
    last: Moment


class Quality(Struct, rename={"from_": "from"}):
    from_: str
    to: str
    missing: Missing
    estimated_share: Annotated[str | None, Meta(description="Of all kWh those that were estimated, from 0 to 1")]
    gaps: Annotated[int, Meta(description="Places where something is missing: days of a point in a row are one")]
    newest: Annotated[Moment, Meta(description="Start of the newest reading")]
    silent_points: Annotated[int, Meta(description="Points of which nothing was read in the last 7 days")]
    silent: Annotated[list[Silent], Meta(description="The 50 of them that were read last")]


class Chart(Struct):
    date: list[str]
    import_kwh: Annotated[list[str | None], Meta(description="null where nothing was read")]


class NewestFile(Struct):
    name: str
    outcome: Literal["accepted", "partly", "refused"]
    verdict: Annotated[str, Meta(description="What became of it, in a sentence")]
    created: Moment


class NewestSettlement(Struct):
    month: str
    version: int
    total: str
    currency: str
    settled: Moment


class Overview(Struct):
    name: Annotated[str, Meta(description="As the settings say, else the account's id")]
    currency: str
    zone: Annotated[str | None, Meta(description="Whose days they are; null where points have several, or none is")]
    zones: list[str]
    today: str
    points: int
    day: Annotated[NewestDay | None, Meta(description="The newest settlement day before today with readings")]
    day_week_before: DayFigures | None
    week: Annotated[Figures | None, Meta(description="The 7 days up to it; null, as others, where nothing was read")]
    week_before: Figures | None
    month: Annotated[Figures | None, Meta(description="Its month up to it")]
    month_before: Annotated[Figures | None, Meta(description="As many days of the month before")]
    month_year_before: Annotated[Figures | None, Meta(description="As many days of that month a year before")]
    month_end: Annotated[MonthEnd | None, Meta(description="null where there are too few days, or one has no price")]
    quality: Annotated[Quality | None, Meta(description="Of the 35 days up to it")]
    days: Annotated[Chart | None, Meta(description="Those 35 days")]
    newest_file: NewestFile | None
    newest_settlement: NewestSettlement | None
    weather_site: Annotated[str, Meta(description="The site of the forecasts that the settings name; empty: none")]


def overview(call: Call) -> Response:
    account = account_of(call)
    today = day_given("today", call.query.today)
    if today is not None and not FIRST < today < LAST:
        raise invalid("today", f"no reading is near {today}; write a day from 1900-01-02 to 2199-12-31")
    from core.energy.overview.gather import overview as gathered  # the table engine, only where it is needed

    return json_response(gathered(call.services, account, today))


ROUTES = (
    Route(
        "GET",
        "/api/accounts/{account}/overview",
        overview,
        "What the account's last day, week and month came to",
        {200: Answer("One answer for one look in the morning", Overview)},
        on_account(READ),
        query=OverviewQuery,
        errors=(Code.NOT_FOUND,),
    ),
)
