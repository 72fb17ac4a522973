"""The accounts that the caller may read, and an account's deletion."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from core.energy.accounts import accounts
from core.energy.accounts.deletion import DeletionJob
from core.energy.accounts.path import identified
from core.energy.actions import DELETE, READ, on_account
from core.energy.jobs import send
from core.kernel.api.context import TOKEN, Answer, Call, Route
from core.kernel.auth.access import allows
from core.kernel.errors import Code
from core.kernel.http import Response, json_response


class Accounts(Struct):
    accounts: list[str]


class Deletion(Struct):
    account: str
    status: Literal["deleting"]


def readable(call: Call) -> Response:
    held = call.grants()
    names = [name for name in accounts.names(call.services.documents) if allows(held, READ, name)]
    return json_response({"accounts": names})


def delete(call: Call) -> Response:
    """Ask for the job that removes the account; until it ran, the account is still there."""
    account, identity = identified(call)
    send(call.services, DeletionJob(account, identity))
    return json_response({"account": account, "status": "deleting"}, 202)


ROUTES = (
    Route("GET", "/api/accounts", readable, "My accounts", {200: Answer("Ids", Accounts)}, TOKEN),
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
