"""The access list: who may do what. Needs `admin` on `*`."""

from __future__ import annotations

from core.kernel.api.context import Call
from core.kernel.auth import access, users
from core.kernel.auth.access import EVERY
from core.kernel.errors import invalid, not_found
from core.kernel.functions import ADMIN
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


def _action(call: Call) -> str:
    action, known = call.params["action"], (*call.services.functions.actions, ADMIN)
    if action not in known:
        raise invalid("action", f"{action!r} is not one of {', '.join(known)}")
    return action


def _resource(call: Call) -> str:
    resource = call.params["resource"]
    if resource != EVERY and not ACCOUNT.fullmatch(resource):
        raise invalid("resource", f"{resource!r} is neither an account id nor *")
    return resource
