"""The alerts that an account was sent, newest day first."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from core.energy.accounts.path import account_of
from core.energy.actions import READ, on_account
from core.energy.alerts import documents
from core.energy.alerts.documents import Told
from core.kernel.api import cursor
from core.kernel.api.context import Answer, Call, Route
from core.kernel.api.models import PageQuery
from core.kernel.errors import Code
from core.kernel.http import Response, json_response


class Alerts(Struct):
    mail: Annotated[
        bool,
        Meta(description="Whether mails can be sent here at all; if not, nobody is told, whatever the settings ask"),
    ]
    alerts: list[Told]
    next: str | None


def every(call: Call) -> Response:
    query: PageQuery = call.query
    account = account_of(call)
    identity = ("alerts", account)
    after = cursor.read_name(identity, query.cursor) if query.cursor else ""
    page = call.services.documents.page(documents.folder(account), after=after, limit=query.limit)
    following = page.following and cursor.make(identity, page.following)
    found = [told for _, told in page.found]
    return json_response({"mail": call.services.notifier is not None, "alerts": found, "next": following})


ROUTES = (
    Route(
        "GET",
        "/api/accounts/{account}/alerts",
        every,
        "Alerts, newest day first",
        {200: Answer("A page of the mails that were sent", Alerts)},
        on_account(READ),
        query=PageQuery,
        errors=(Code.NOT_FOUND,),
    ),
)
