"""The JSON bodies of the kernel's routes, and what those of a set have in common.

Validation, serving and the OpenAPI page all read these types.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Moment = Annotated[str, Meta(description="RFC 3339, UTC", examples=["2026-01-31T00:30:00Z"])]


class Health(Struct):
    status: Literal["ok"]
    provider: str
    version: str


class Credentials(Struct, forbid_unknown_fields=True):
    user: Annotated[str, Meta(min_length=1, max_length=256)]
    password: Annotated[str, Meta(min_length=1, max_length=1024)]


class Token(Struct):
    access_token: str
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Meta(description="Seconds")]


class GrantEntry(Struct):
    action: str
    resource: str


class Me(Struct):
    user: str
    grants: list[GrantEntry]


class UserGrants(Struct):
    user: str
    grants: list[GrantEntry]


class Download(Struct):
    """How to fetch the file from the store itself, without a token, until it expires."""

    url: str
    method: str
    headers: dict[str, str]
    expires_at: Moment


class PageQuery(Struct, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=500, description="Entries of a page")] = 100
    cursor: Annotated[str, Meta(max_length=200, description="`next` of the page before; empty for the first")] = ""


class FieldError(Struct):
    field: str
    detail: str


class Problem(Struct):
    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError] = []


JsonObject = dict[str, Any]
