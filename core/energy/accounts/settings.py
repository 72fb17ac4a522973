"""An account's settings."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.energy.accounts.path import account_of
from core.energy.accounts.tagged import Tagged
from core.energy.actions import CHANGE_SETTINGS, READ, on_account
from core.energy.identifiers import PRODUCT
from core.kernel.api.context import Answer, Call, Route
from core.kernel.documents import Documents
from core.kernel.errors import Code, invalid
from core.kernel.http import Response
from core.kernel.identifiers import exactly


class Agreed(Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Which product an account's points are priced by, from the first moment of a settlement day on."""

    product: Annotated[str, Meta(pattern=exactly(PRODUCT.pattern))]
    from_: date


class Settings(Struct, forbid_unknown_fields=True):
    display_name: Annotated[str, Meta(max_length=100)] = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    currency: Literal["GBP", "EUR", "AUD", "USD"] = "GBP"
    alert_kwh_per_day: Annotated[float, Meta(ge=0, le=1e9)] | None = None
    contract: Annotated[
        list[Agreed], Meta(max_length=100, description="By which products it is settled; the last one begun is meant")
    ] = []


_SETTINGS = Tagged("settings/{account}.json", Settings, "settings")


def contract(documents: Documents, account: str) -> list[dict[str, str]]:
    """The products of an account, each with its first day; empty when none is agreed."""
    held = documents.get(_SETTINGS.path.format(account=account))
    return [] if held is None else list(held.value.get("contract", []))


def read(call: Call) -> Response:
    return _SETTINGS.read(call, account_of(call))


def write(call: Call) -> Response:
    days = [agreed.from_ for agreed in call.body.contract]
    if len(set(days)) < len(days):
        raise invalid("contract", "two products begin on the same day; say one")
    return _SETTINGS.write(call, account_of(call))


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
