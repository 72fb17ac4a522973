"""One small set of error codes, and the RFC 9457 problem document that a client sees for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any


class Code(Enum):
    """What went wrong, as HTTP status and title. The list is closed: an adapter maps nothing else."""

    MALFORMED = (400, "Malformed request")
    UNAUTHENTICATED = (401, "Authentication required")
    DENIED = (403, "Permission denied")
    NOT_FOUND = (404, "Not found")
    METHOD_NOT_ALLOWED = (405, "Method not allowed")
    CONFLICT = (409, "Conflict")
    STALE = (412, "Precondition failed")
    TOO_LARGE = (413, "Content too large")
    UNSUPPORTED = (415, "Unsupported media type")
    INVALID = (422, "Validation failed")
    PRECONDITION_REQUIRED = (428, "Precondition required")
    TOO_MANY_REQUESTS = (429, "Too many requests")
    INTERNAL = (500, "Internal error")
    UNAVAILABLE = (503, "Service unavailable")

    @property
    def status(self) -> int:
        return self.value[0]

    @property
    def title(self) -> str:
        return self.value[1]

    @property
    def type(self) -> str:
        """The problem type of RFC 9457, a URN because it names no page."""
        return "urn:trefoil:problem:" + self.name.lower().replace("_", "-")


class TrefoilError(Exception):
    """An expected failure: raised anywhere in core, turned into a problem document once, at the edge.

    `detail` is shown to the client: it names the offending value and the remedy, and never holds a secret.
    `fields` names the request fields at fault as (field, reason) pairs; `headers` go on the HTTP answer.
    """

    def __init__(
        self,
        code: Code,
        detail: str,
        *,
        fields: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.fields = tuple(fields)
        self.headers = dict(headers or {})

    def problem(self, instance: str) -> dict[str, Any]:
        """The `application/problem+json` document (RFC 9457, section 3)."""
        document: dict[str, Any] = {
            "type": self.code.type,
            "title": self.code.title,
            "status": self.code.status,
            "detail": self.detail,
            "instance": instance,
        }
        if self.fields:
            document["errors"] = [{"field": field, "detail": reason} for field, reason in self.fields]
        return document


def invalid(field: str, reason: str) -> TrefoilError:
    """A request that is well formed but not acceptable, naming the one field at fault."""
    return TrefoilError(Code.INVALID, f"{field}: {reason}", fields=[(field, reason)])


def unavailable(what: str) -> TrefoilError:
    """Something this system rests on fails just now; the same request or message may succeed in a few seconds."""
    return TrefoilError(Code.UNAVAILABLE, f"{what}; try again later", headers={"Retry-After": "5"})


def too_many_requests(what: str, seconds: int) -> TrefoilError:
    """Too much is asked; the same request may succeed after so many seconds."""
    wait = "a second" if seconds == 1 else f"{seconds} seconds"
    headers = {"Retry-After": str(seconds)}
    return TrefoilError(Code.TOO_MANY_REQUESTS, f"{what}; try again in {wait}", headers=headers)


def not_found(what: str) -> TrefoilError:
    return TrefoilError(Code.NOT_FOUND, f"{what} does not exist")
