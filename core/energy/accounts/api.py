"""The accounts that the caller may read, an account's metering points, and its deletion."""

from __future__ import annotations

from core.energy.accounts import accounts
from core.energy.messages import DeleteAccount, send
from core.kernel.api.context import Call
from core.kernel.auth.access import Action, allows
from core.kernel.clock import rfc3339
from core.kernel.http import Response, json_response


def readable(call: Call) -> Response:
    held = call.grants()
    names = [name for name in accounts.names(call.services.documents) if allows(held, Action.READ, name)]
    return json_response({"accounts": names})


def points(call: Call) -> Response:
    account = call.account()
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


def delete(call: Call) -> Response:
    """Ask for the job that removes the account; until it ran, the account is still there."""
    account, identity = call.identified_account()
    send(call.services, DeleteAccount(account, identity))
    return json_response({"account": account, "status": "deleting"}, 202)
