"""The access list: who may do what. Needs `admin` on `*`."""

from __future__ import annotations

from core.kernel.api.context import Call
from core.kernel.auth import access, users
from core.kernel.auth.access import EVERY, Action
from core.kernel.errors import invalid, not_found
from core.kernel.http import Response, json_response
from core.kernel.identifiers import ACCOUNT


def read(call: Call) -> Response:
    user = _user(call)
    held = sorted(access.grants(call.services.documents, user))
    return json_response({"user": user, "grants": [{"action": g.action, "resource": g.resource} for g in held]})


def add(call: Call) -> Response:
    access.grant(call.services.documents, _user(call), _action(call), _resource(call))
    return Response(204)


def remove(call: Call) -> Response:
    access.revoke(call.services.documents, _user(call), _action(call), _resource(call))
    return Response(204)


def _user(call: Call) -> str:
    user = call.params["user"]
    if not users.exists(call.services.documents, user):
        raise not_found(f"user {user!r}")
    return user


def _action(call: Call) -> Action:
    try:
        return Action(call.params["action"])
    except ValueError:
        raise invalid("action", f"{call.params['action']!r} is not one of {', '.join(Action)}") from None


def _resource(call: Call) -> str:
    resource = call.params["resource"]
    if resource != EVERY and not ACCOUNT.fullmatch(resource):
        raise invalid("resource", f"{resource!r} is neither an account id nor *")
    return resource
