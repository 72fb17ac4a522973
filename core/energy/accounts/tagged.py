"""A document of an account that is read with a tag, and written only over that tag (RFC 9110, section 13)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec
from msgspec import Struct

from core.energy.accounts.path import made
from core.kernel.api.context import Call
from core.kernel.documents import AlreadyExists, Stale
from core.kernel.errors import Code, TrefoilError
from core.kernel.http import Response, json_bytes, json_response


class Tagged(Struct, frozen=True):
    """`path` has a place for `{account}`; `kind()` is read where nothing was written yet; `name` is a plural."""

    path: str
    kind: type[Struct]
    name: str

    def read(self, call: Call, account: str) -> Response:
        document = call.services.documents.get(self.path.format(account=account))
        value = self.whole(None if document is None else document.value)
        return json_response(value, headers={"ETag": _tag(value)})

    def write(self, call: Call, account: str) -> Response:
        """Store the request's body. Raises `TrefoilError` (`PRECONDITION_REQUIRED`, `STALE`) without the tag of now."""
        path = self.path.format(account=account)
        condition = ",".join(call.request.header_values("if-match")).strip()
        if not condition:
            raise TrefoilError(
                Code.PRECONDITION_REQUIRED, f"send If-Match with the ETag of the {self.name} that you read"
            )
        documents = call.services.documents
        current = documents.get(path)
        tags = [tag.strip() for tag in condition.split(",")]
        if "*" not in tags and _tag(self.whole(None if current is None else current.value)) not in tags:
            raise self._stale()
        made(call)
        value = msgspec.to_builtins(call.body)
        try:
            if current is None:
                documents.create(path, value)
            else:
                documents.replace(path, value, current.revision)
        except (AlreadyExists, Stale):
            raise self._stale() from None
        return json_response(value, headers={"ETag": _tag(value)})

    def whole(self, held: Any | None) -> dict[str, Any]:
        """What was stored (None: nothing), and the defaults of what was not: fields that came since, too."""
        defaults: dict[str, Any] = msgspec.to_builtins(self.kind())
        return defaults if held is None else {**defaults, **held}

    def _stale(self) -> TrefoilError:
        return TrefoilError(Code.STALE, f"the {self.name} were changed since you read them; read them again")


def _tag(value: dict[str, Any]) -> str:
    """Made of the content, not of the store's own tag, so that it is the same on every provider."""
    return f'"{sha256(json_bytes(value)).hexdigest()[:32]}"'
