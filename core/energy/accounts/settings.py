"""An account's settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Annotated, Any

from msgspec import Meta, Struct

from core.energy.accounts.path import account_of
from core.energy.accounts.tagged import Tagged
from core.energy.actions import CHANGE_SETTINGS, READ, on_account
from core.energy.forecasts import settings as forecasts
from core.energy.identifiers import PRODUCT
from core.energy.money import AMOUNT, Amount, Currency
from core.kernel.api.context import Answer, Call, Route
from core.kernel.documents import Document, Documents
from core.kernel.errors import Code, invalid
from core.kernel.http import Response
from core.kernel.identifiers import EMAIL, LONGEST_EMAIL, exactly
from core.kernel.mail.rules import is_address


class Agreed(Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Which product an account's points are priced by, from the first moment of a settlement day on."""

    product: Annotated[str, Meta(pattern=exactly(PRODUCT.pattern))]
    from_: date


class Settings(Struct, forbid_unknown_fields=True):
    display_name: Annotated[str, Meta(max_length=100)] = ""
    email: Annotated[
        str,
        Meta(
            max_length=LONGEST_EMAIL,
            description="Where alerts are sent to; empty for nowhere",
            extra_json_schema={"pattern": exactly(f"|{EMAIL.pattern}")},
        ),
    ] = ""
    currency: Annotated[Currency, Meta(description="Of the account's trades, and of `trade_limit`")] = "GBP"
    alert_kwh_per_day: (
        Annotated[float, Meta(ge=0, le=1e9, description="A mail tells of each settlement day that took more")] | None
    ) = None
    trade_limit: (
        Annotated[Amount, Meta(description="What one trade may come to, in major units of `currency`; null: anything")]
        | None
    ) = "10000"
    contract: Annotated[
        list[Agreed], Meta(max_length=100, description="By which products it is settled; the last one begun is meant")
    ] = []
    weather_site: Annotated[
        str,
        Meta(
            max_length=64,
            description="Whose weather is shown beside it: one of the sites of /api/forecasts. One for which none are "
            "fetched any more stays until it is changed",
        ),
    ] = ""


class Alert(Struct, frozen=True):
    """What an account's settings ask for: a mail to `email` for each settlement day that took more than `kwh`."""

    email: str
    kwh: Decimal


FOLDER = "settings"
AT_ONCE = 500
"""Accounts whose settings are read together when those of all are."""
_SETTINGS = Tagged(f"{FOLDER}/{{account}}.json", Settings, "settings")


def path(account: str) -> str:
    return _SETTINGS.path.format(account=account)


def whole(document: Document | None) -> dict[str, Any]:
    """An account's settings by its document (None: nothing was written yet), each as it is or by default."""
    return _SETTINGS.whole(None if document is None else document.value)


def read_whole(documents: Documents, account: str) -> dict[str, Any]:
    """`whole`, by the document as it is now."""
    return whole(documents.get(path(account)))


def contract(documents: Documents, account: str) -> list[dict[str, str]]:
    """The products of an account, each with its first day; empty when none is agreed."""
    return list(read_whole(documents, account)["contract"])


def every(documents: Documents) -> Iterator[tuple[str, Any]]:
    """The settings that were written, by account, also of those that are gone or being deleted; ordered."""
    after: str | None = ""
    while after is not None:
        page = documents.page(FOLDER, after=after, limit=AT_ONCE)
        yield from page.found
        after = page.following


def agreed_on(documents: Documents, product: str, *, most: int) -> list[str]:
    """The first accounts, up to `most`, whose contract names a product, be it for days that are over."""
    found = (
        account
        for account, held in every(documents)
        if product in {agreed["product"] for agreed in held.get("contract", [])}
    )
    return list(islice(found, most))


def alert_in(value: Any | None) -> Alert | None:
    """What a settings document asks for; None when it is not there, names no limit, or nobody who can be mailed."""
    limit, email = (value or {}).get("alert_kwh_per_day"), (value or {}).get("email", "")
    # The shortest text that is the number that was given, and so what was given.
    return None if limit is None or not is_address(email) else Alert(email, Decimal(str(limit)))


def alerts(documents: Documents) -> Iterator[tuple[str, Alert]]:
    """The accounts whose settings ask for alerts, also those that are gone or being deleted; ordered."""
    for account, value in every(documents):
        if (alert := alert_in(value)) is not None:
            yield account, alert


def read(call: Call) -> Response:
    return _SETTINGS.read(call, account_of(call))


def write(call: Call) -> Response:
    days = [agreed.from_ for agreed in call.body.contract]
    if len(set(days)) < len(days):
        raise invalid("contract", "two products begin on the same day; say one")
    if call.body.email and not is_address(call.body.email):
        raise invalid("email", f"{call.body.email!r} is no e-mail address; give one such as ada@example.com, or none")
    limit = call.body.trade_limit
    if limit is not None and not re.fullmatch(AMOUNT, limit, re.ASCII):
        raise invalid(
            "trade_limit", f"{limit!r} is no amount; write it as 10000 or 99.50, below 1000000000, or null for no limit"
        )
    account = account_of(call)
    _check_site(call, account, call.body.weather_site)
    return _SETTINGS.write(call, account)


def _check_site(call: Call, account: str, site: str) -> None:
    """Raises `TrefoilError(INVALID)` for a new one that no forecasts are fetched for.

    One that was stored before the deployment ceased to name it may be sent back, or it would block every other change.
    """
    sites = [site.name for site in forecasts.of(call.services).sites]
    if site in ("", *sites) or site == read_whole(call.services.documents, account)["weather_site"]:
        return
    known = ", ".join(sites) or "none: name some in TREFOIL_FORECAST_SITES"
    raise invalid("weather_site", f"{site!r} is no site of the forecasts; there are {known}")


ROUTES = (
    Route(
        "GET",
        "/api/accounts/{account}/settings",
        read,
        "Settings",
        {200: Answer("Settings, with their ETag", Settings)},
        on_account(READ),
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "PUT",
        "/api/accounts/{account}/settings",
        write,
        "Change settings",
        {200: Answer("The settings as stored, with their new ETag", Settings)},
        on_account(CHANGE_SETTINGS),
        body=Settings,
        headers={"If-Match": "The ETag of the settings that were read"},
        errors=(Code.NOT_FOUND, Code.STALE, Code.PRECONDITION_REQUIRED),
    ),
)
