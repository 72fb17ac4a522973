"""The queue of the company's jobs, and what its messages have in common. Each feature has its own kinds of them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from core.kernel.identifiers import ACCOUNT, DOCUMENT_ID, exactly
from core.kernel.services import Services

QUEUE = "jobs"

Account = Annotated[str, msgspec.Meta(pattern=exactly(ACCOUNT.pattern))]
DocumentId = Annotated[str, msgspec.Meta(pattern=exactly(DOCUMENT_ID.pattern))]


def send(services: Services, job: msgspec.Struct) -> None:
    """Ask for a job. Raises `TrefoilError(UNAVAILABLE)` when the queue does not take it."""
    services.send(QUEUE, job)
