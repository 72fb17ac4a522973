"""What a function can listen to. What no cloud takes is refused when it is declared, by `Misdeclared`.

These are structs and not dataclasses, as functions and jobs are: of those, each takes a millisecond of a cold start.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from msgspec import Struct

from core.kernel import cron

# A queue is `trefoil-NAME-poison` on Azure (63 characters) and `PREFIX-ENVIRONMENT-NAME-dead` elsewhere (80).
# https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata
QUEUE = re.compile(r"[a-z](-?[a-z0-9])*")
LONGEST_QUEUE = 40
# Plain enough for a filter of S3, Cloud Storage and Event Grid alike, and for a folder of any machine.
PREFIX = re.compile(r"([a-z0-9][a-z0-9_.-]*/)+")
LONGEST_PREFIX = 200
KERNELS_OWN = ("dead-letters/", "grants/", "logins/", "runs/", "schedules/", "steps/", "users/")
"""Prefixes of the store under which the kernel keeps its own documents."""


class Misdeclared(ValueError):
    """A function set makes no sense, or would be refused by a cloud. The message names what it is, and the remedy."""


class Http(Struct, frozen=True):
    """Every request to the API: all routes of the set and those of the kernel. One such function is in each set."""

    kind: ClassVar[str] = "http"
    source: ClassVar[str] = "/api/*"


class Authorizer(Struct, frozen=True):
    """The gateway's custom authorizer, on a cloud that has one; elsewhere the API judges tokens itself."""

    kind: ClassVar[str] = "authorizer"
    source: ClassVar[str] = ""


class Object(Struct, frozen=True):
    """An object is created or replaced under a prefix of the store: `incoming/`."""

    prefix: str
    kind: ClassVar[str] = "object"

    def __post_init__(self) -> None:
        if not PREFIX.fullmatch(self.prefix) or len(self.prefix) > LONGEST_PREFIX:
            raise Misdeclared(
                f"the prefix {self.prefix!r} is refused by a cloud: give folders of lower-case letters, digits, -, _ "
                f"and ., each with a closing slash, at most {LONGEST_PREFIX} characters, as in incoming/"
            )
        if any(holds(self.prefix, own) or holds(own, self.prefix) for own in KERNELS_OWN):
            raise Misdeclared(f"the prefix {self.prefix!r} holds documents of the kernel's own; choose another")

    @property
    def source(self) -> str:
        return self.prefix


class Queue(Struct, frozen=True):
    """A message in the queue of this name, which the handlers send to by `services.send(NAME, message)`."""

    name: str
    kind: ClassVar[str] = "queue"

    def __post_init__(self) -> None:
        if not QUEUE.fullmatch(self.name) or len(self.name) > LONGEST_QUEUE:
            raise Misdeclared(
                f"the queue {self.name!r} is refused by a cloud: give lower-case letters, digits and single hyphens, "
                "a letter first, at most 40"
            )

    @property
    def source(self) -> str:
        return self.name


class Schedule(Struct, frozen=True):
    """A cron expression of five fields, in UTC: see `core.kernel.cron` for those that every cloud takes."""

    cron: str
    kind: ClassVar[str] = "schedule"

    def __post_init__(self) -> None:
        try:
            cron.check(self.cron)
        except ValueError as error:
            raise Misdeclared(str(error)) from None

    @property
    def source(self) -> str:
        return self.cron


class Dead(Struct, frozen=True):
    """What was delivered to another function too often, as its platform's dead-letter queue holds it.

    Never declared: each function that takes events has one of these beside it, which writes the letters.
    """

    function: str
    kind: ClassVar[str] = "dead"

    @property
    def source(self) -> str:
        return self.function


class Step(Struct, frozen=True):
    """A step of a run of the workflow: the function does its tasks, as the cloud's own engine asks for them.

    `workflow` is a `core.kernel.workflow.declared.Workflow`, or names one, so that only what runs it imports it.
    """

    workflow: Any
    kind: ClassVar[str] = "step"
    source: ClassVar[str] = ""


Trigger = Http | Authorizer | Object | Queue | Schedule | Step | Dead


def holds(outer: str, inner: str) -> bool:
    """Whether one prefix holds another, or is the same."""
    return inner.startswith(outer)
