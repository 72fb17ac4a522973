"""Cursors: opaque page positions that are only good for the query they came from."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from hashlib import sha256

from core.kernel.errors import invalid
from core.kernel.identifiers import DOCUMENT_ID


def make(query: Sequence[object], position: str) -> str:
    """A cursor for the page of `query` that follows `position`."""
    text = json.dumps([_digest(query), position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def read(query: Sequence[object], cursor: str) -> str:
    """The position in a cursor. Raises `TrefoilError(INVALID)` for a damaged one or one of another query."""
    try:
        digest, position = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise invalid("cursor", "is not a cursor of this API; take `next` of the page before") from None
    if digest != _digest(query) or not isinstance(position, str):
        raise invalid("cursor", "belongs to another query; repeat that one, or begin again without a cursor")
    return position


def read_name(query: Sequence[object], cursor: str, names: re.Pattern[str] = DOCUMENT_ID) -> str:
    """As `read`, of a position that is the name of a document, which `names` fits."""
    position = read(query, cursor)
    if not names.fullmatch(position):
        raise invalid("cursor", "is not a cursor of this API; take `next` of the page before")
    return position


def _digest(query: Sequence[object]) -> str:
    return sha256(json.dumps(list(map(str, query))).encode()).hexdigest()[:12]
