"""An account's settings."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.energy.accounts.path import account_of
from core.energy.accounts.tagged import Tagged
from core.energy.actions import CHANGE_SETTINGS, READ, on_account
from core.kernel.api.context import Answer, Call, Route
from core.kernel.errors import Code
from core.kernel.http import Response


class Settings(Struct, forbid_unknown_fields=True):
    display_name: Annotated[str, Meta(max_length=100)] = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    currency: Literal["GBP", "EUR", "AUD", "USD"] = "GBP"
    alert_kwh_per_day: Annotated[float, Meta(ge=0, le=1e9)] | None = None


_SETTINGS = Tagged("settings/{account}.json", Settings, "settings")


def read(call: Call) -> Response:
    return _SETTINGS.read(call, account_of(call))


def write(call: Call) -> Response:
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
