"""The job that starts a settlement: only what takes the queue's messages may start a workflow."""

from __future__ import annotations

from typing import Any

import msgspec

from core.energy.jobs import Account, DocumentId
from core.kernel.services import Services

WORKFLOW = "settle"


class SettleJob(msgspec.Struct, tag_field="job", tag="settle", frozen=True):
    """Settle a month of an account, as the run of that id; `place` is the account's in a `batch`."""

    account: Account
    id: DocumentId
    month: str
    estimate: bool
    batch: str = ""
    place: int = 0


def given(job: SettleJob) -> dict[str, Any]:
    """The input of the run."""
    asked = {"account": job.account, "month": job.month, "estimate": job.estimate}
    return {**asked, "batch": job.batch, "place": job.place} if job.batch else asked


def begin(services: Services, job: SettleJob) -> dict[str, Any]:
    """Start the run; one that was started already is not started again.

    Raises `TrefoilError(UNAVAILABLE)`: deliver the job again.
    """
    from core.kernel.workflow import runs  # the API needs but the message
    from core.kernel.workflow.steps import Run

    document = runs.start(services, Run(WORKFLOW, job.account, job.id), given(job))
    return {"run": document["id"], "state": document["state"]}
