"""The accounts that the caller has a grant on, and an account's deletion."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from core.energy.accounts import overview
from core.energy.accounts.deletion import DeletionJob
from core.energy.accounts.path import account_of, made
from core.energy.actions import DELETE, on_account
from core.energy.jobs import send
from core.energy.money import Currency
from core.kernel.api import cursor
from core.kernel.api.context import TOKEN, Answer, Call, Route
from core.kernel.errors import Code
from core.kernel.http import Response, json_response
from core.kernel.identifiers import ACCOUNT


class AccountsQuery(Struct, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=100)] = 100
    cursor: Annotated[str, Meta(max_length=200)] = ""


class AccountTold(Struct):
    account: str
    name: Annotated[str, Meta(description="`display_name` of its settings")]
    currency: Currency
    status: Annotated[
        Literal["ready", "empty", "deleting"], Meta(description="empty: a grant names it, and nothing was sent yet")
    ]
    actions: Annotated[list[str], Meta(description="What the caller may do there")]


class Accounts(Struct):
    accounts: Annotated[list[AccountTold], Meta(description="By account, compared character by character")]
    next: str | None


class Deletion(Struct):
    account: str
    status: Literal["deleting"]


def mine(call: Call) -> Response:
    query: AccountsQuery = call.query
    identity = ("accounts", call.user)
    after = cursor.read_name(identity, query.cursor, ACCOUNT) if query.cursor else ""
    page = overview.page(call.services.store, call.grants(), after=after, limit=query.limit)
    following = page.following and cursor.make(identity, page.following)
    return json_response({"accounts": page.found, "next": following})


def delete(call: Call) -> Response:
    """Ask for the job that removes the account; until it ran, the account is still there.

    One that nobody made yet is made for it: there are only the grants that name it, and the job takes those.
    """
    account, identity = account_of(call), made(call)
    send(call.services, DeletionJob(account, identity))
    return json_response({"account": account, "status": "deleting"}, 202)


ROUTES = (
    Route(
        "GET",
        "/api/accounts",
        mine,
        "My accounts",
        {200: Answer("A page of those that the caller has a grant on", Accounts)},
        TOKEN,
        query=AccountsQuery,
    ),
    Route(
        "DELETE",
        "/api/accounts/{account}",
        delete,
        "Delete the account",
        {202: Answer("A job removes it with all that it has", Deletion)},
        on_account(DELETE),
        errors=(Code.NOT_FOUND,),
    ),
)
