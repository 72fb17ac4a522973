"""An account's settings: read with a tag, written only over the tag that was read (RFC 9110, section 13)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

from core.energy import models
from core.kernel.api.context import Call
from core.kernel.documents import AlreadyExists, Document, Stale
from core.kernel.errors import Code, TrefoilError
from core.kernel.http import Response, json_bytes, json_response


def read(call: Call) -> Response:
    value = _value(call.services.documents.get(_path(call.account())))
    return json_response(value, headers={"ETag": _tag(value)})


def write(call: Call) -> Response:
    path = _path(call.account())
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
    defaults: dict[str, Any] = msgspec.to_builtins(models.Settings())
    return defaults if document is None else {**defaults, **document.value}


def _tag(value: dict[str, Any]) -> str:
    """Made of the content, not of the store's own tag, so that it is the same on every provider."""
    return f'"{sha256(json_bytes(value)).hexdigest()[:32]}"'
