"""An account's settings: read with a tag, written only over the tag that was read (RFC 9110, section 13)."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from core.energy.accounts.path import account_of
from core.energy.actions import CHANGE_SETTINGS, READ, on_account
from core.kernel.api.context import Answer, Call, Route
from core.kernel.documents import AlreadyExists, Document, Stale
from core.kernel.errors import Code, TrefoilError
from core.kernel.http import Response, json_bytes, json_response


class Settings(Struct, forbid_unknown_fields=True):
    display_name: Annotated[str, Meta(max_length=100)] = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    currency: Literal["GBP", "EUR", "AUD", "USD"] = "GBP"
    alert_kwh_per_day: Annotated[float, Meta(ge=0, le=1e9)] | None = None


def read(call: Call) -> Response:
    value = _value(call.services.documents.get(_path(account_of(call))))
    return json_response(value, headers={"ETag": _tag(value)})


def write(call: Call) -> Response:
    path = _path(account_of(call))
    condition = ",".join(call.request.header_values("if-match")).strip()
    if not condition:
        raise TrefoilError(Code.PRECONDITION_REQUIRED, "send If-Match with the ETag of the settings that you read")
    documents = call.services.documents
    current = documents.get(path)
    tags = [tag.strip() for tag in condition.split(",")]
    if "*" not in tags and _tag(_value(current)) not in tags:
        raise _stale()
    value = msgspec.to_builtins(call.body)
    try:
        if current is None:
            documents.create(path, value)
        else:
            documents.replace(path, value, current.revision)
    except (AlreadyExists, Stale):
        raise _stale() from None
    return json_response(value, headers={"ETag": _tag(value)})


def _stale() -> TrefoilError:
    return TrefoilError(Code.STALE, "the settings were changed since you read them; read them again")


def _path(account: str) -> str:
    return f"settings/{account}.json"


def _value(document: Document | None) -> dict[str, Any]:
    defaults: dict[str, Any] = msgspec.to_builtins(Settings())
    return defaults if document is None else {**defaults, **document.value}


def _tag(value: dict[str, Any]) -> str:
    """Made of the content, not of the store's own tag, so that it is the same on every provider."""
    return f'"{sha256(json_bytes(value)).hexdigest()[:32]}"'


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
