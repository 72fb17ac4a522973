"""What a route is, and what its handler receives."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from core.kernel.auth.access import Grant, Held
from core.kernel.auth.authorizer import Principal
from core.kernel.clock import rfc3339
from core.kernel.documents import Document
from core.kernel.errors import Code, TrefoilError
from core.kernel.functions import ADMIN
from core.kernel.http import Request, Response
from core.kernel.services import Services
from core.kernel.triggers import Misdeclared

METHODS = ("GET", "POST", "PUT", "DELETE")
_PARAMETER = re.compile(r"\{[a-z_]+\}")
SERVED = ("/api/", "/.well-known/")
"""What every gateway sends to the API; the rest is the site's."""


class Needs(Struct, frozen=True):
    """What a caller must have: nothing, a token, or also a grant of `action`.

    The grant is on what the path's parameter `resource` names, or on `*` where it names none. Where the resource has a
    `document` (its path with `{}` for the name), that is read together with the grants, in one wait.
    """

    token: bool
    action: str | None = None
    resource: str | None = None
    document: str | None = None

    def __post_init__(self) -> None:
        if self.action is not None and not self.token:
            raise Misdeclared(f"the grant {self.action} needs a token, which says whose it is: Needs(token=True, ...)")
        if self.resource is not None and self.action is None:
            raise Misdeclared(f"nothing is needed on {self.resource}: name the action that must be granted")
        if self.document is not None and self.resource is None:
            raise Misdeclared(f"{self.document} is no resource's: name the path's parameter that it is of")


ANYONE = Needs(token=False)
TOKEN = Needs(token=True)
ADMINS = Needs(token=True, action=ADMIN)
_UNSAID = Needs(token=False)


class Call(Struct, frozen=True):
    """One matched request: its services, caller, path parameters, and validated query and body."""

    services: Services
    routes: tuple[Route, ...]
    """All that there are."""
    request: Request
    params: Mapping[str, str]
    principal: Principal | None
    held: Held | None
    query: Any
    body: Any
    document: Document | None = None
    """Of the resource on which the route needs a grant, where it has one and declares it."""

    @property
    def user(self) -> str:
        """The caller; only for routes that need a token."""
        if self.principal is None:
            raise AssertionError("the route does not need a token")
        return self.principal.user

    def grants(self) -> frozenset[Grant]:
        """All that was granted to the caller; only for routes that need a token."""
        if self.held is None:
            raise AssertionError("the route does not need a token")
        return self.held.grants


Handler = Callable[[Call], Response]


class Answer(Struct, frozen=True):
    """A documented answer: a msgspec type for JSON, a tuple of those it may be, or a media type for anything else."""

    description: str
    type: Any = None
    media_types: tuple[str, ...] = ("application/json",)

    @property
    def types(self) -> tuple[Any, ...]:
        """What the JSON may be; nothing where there is none."""
        return self.type if isinstance(self.type, tuple) else () if self.type is None else (self.type,)


class Route(Struct, frozen=True, eq=False):
    """One operation. `path` has `{name}` for a parameter; `errors` are the codes it raises besides the usual ones.

    `needs` has no default: nothing is public because nobody thought of it. Raises `Misdeclared` naming the route.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    answers: Mapping[int, Answer]
    needs: Needs = _UNSAID
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    headers: Mapping[str, str] = {}
    """Request headers that matter, with their meaning."""
    errors: tuple[Code, ...] = ()

    def __post_init__(self) -> None:
        if self.needs is _UNSAID:
            raise Misdeclared(f"{self} does not say what its caller needs: give ANYONE, TOKEN, or a grant")
        if self.method not in METHODS:
            raise Misdeclared(f"{self} has no method of {', '.join(METHODS)}, which all gateways and browsers pass on")
        parameters = [segment for segment in self.segments if "{" in segment or "}" in segment]
        if len(set(parameters)) != len(parameters) or not all(_PARAMETER.fullmatch(one) for one in parameters):
            raise Misdeclared(f"{self} has a segment that is no parameter: give a whole {{name}}, each name once")
        if not self.path.startswith(SERVED):
            raise Misdeclared(f"{self} is not served: a path begins with {' or '.join(SERVED)}")
        if self.needs.resource is not None and f"{{{self.needs.resource}}}" not in self.segments:
            raise Misdeclared(f"{self} needs a grant on {self.needs.resource}, which its path does not name")

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

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


def download(call: Call, key: str, name: str) -> dict[str, Any]:
    """How the client fetches an object from the store itself, as a file of this name."""
    signed = call.services.signer.download(key, name)
    return {
        "url": signed.url,
        "method": signed.method,
        "headers": dict(signed.headers),
        "expires_at": rfc3339(signed.expires_at),
    }
