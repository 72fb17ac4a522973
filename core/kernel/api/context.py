"""What a route is, and what its handler receives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from core.energy.accounts import accounts
from core.kernel.auth.access import Action, Grant, grants
from core.kernel.auth.authorizer import Principal
from core.kernel.clock import rfc3339
from core.kernel.errors import Code, TrefoilError, not_found
from core.kernel.http import Request, Response
from core.kernel.services import Services


@dataclass(frozen=True, slots=True)
class Needs:
    """What a caller must have: nothing, a token, or also a grant on the account in the path (`*` without one)."""

    token: bool = False
    action: Action | None = None


ANYONE = Needs()
TOKEN = Needs(token=True)


def grant_for(action: Action) -> Needs:
    return Needs(token=True, action=action)


@dataclass(frozen=True, slots=True)
class Call:
    """One matched request: its services, caller, path parameters, and validated query and body."""

    services: Services
    request: Request
    params: Mapping[str, str]
    principal: Principal | None
    query: Any
    body: Any

    @property
    def user(self) -> str:
        """The caller; only for routes that need a token."""
        if self.principal is None:
            raise AssertionError("the route does not need a token")
        return self.principal.user

    def grants(self) -> frozenset[Grant]:
        return grants(self.services.documents, self.user)

    def account(self) -> str:
        """The account in the path. Raises `TrefoilError(NOT_FOUND)` when there is none; access was checked before."""
        return self.identified_account()[0]

    def identified_account(self) -> tuple[str, str]:
        """As `account`, with what tells it from an earlier one of its name."""
        account = self.params["account"]
        identity = accounts.identity(self.services.documents, account)
        if identity is None:
            raise not_found(f"account {account!r}")
        return account, identity


Handler = Callable[[Call], Response]


@dataclass(frozen=True, slots=True)
class Answer:
    """A documented answer: a msgspec type for JSON, or a media type for anything else."""

    description: str
    type: Any = None
    media_types: tuple[str, ...] = ("application/json",)


@dataclass(frozen=True, slots=True)
class Route:
    """One operation. `path` has `{name}` for a parameter; `errors` are the codes it raises besides the usual ones."""

    method: str
    path: str
    handler: Handler
    summary: str
    answers: Mapping[int, Answer]
    needs: Needs = ANYONE
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """Request headers that matter, with their meaning."""
    errors: tuple[Code, ...] = ()

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(self.path.split("/")[1:])


def required_header(request: Request, name: str, code: Code, remedy: str) -> str:
    """The value of a header that must be sent once and not empty."""
    values = [value.strip() for value in request.header_values(name.lower())]
    # A gateway may join repeated headers with a comma, which is what a repeated header means (RFC 9110, 5.3).
    if len(values) != 1 or not values[0] or "," in values[0]:
        raise TrefoilError(code, f"the request needs one {name} header: {remedy}")
    return values[0]


def download(call: Call, key: str) -> dict[str, Any]:
    """How the client fetches an object from the store itself."""
    signed = call.services.signer.download(key)
    return {
        "url": signed.url,
        "method": signed.method,
        "headers": dict(signed.headers),
        "expires_at": rfc3339(signed.expires_at),
    }
