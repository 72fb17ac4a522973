"""The company's function set, and beside it a workflow for the contract suite, which the queue's jobs start."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace
from msgspec.structs import replace as changed

from core.energy.functions import FUNCTIONS as COMPANYS
from core.energy.jobs import QUEUE
from core.kernel.functions import Function, FunctionSet, Job
from core.kernel.services import Services
from core.kernel.triggers import Step
from core.kernel.workflow import runs
from core.kernel.workflow.steps import Run

NAME = "trial"


class TrialJob(msgspec.Struct, tag_field="job", tag="trial", frozen=True):
    """Start a run; `how` is `start`, `note` (as if the process died before the start) or `former`."""

    run: str
    input: dict[str, Any]
    how: str = "start"


def begin(services: Services, job: TrialJob) -> dict[str, Any]:
    run = Run(NAME, "Case", job.run)
    if job.how == "note":
        return runs.create(services, run, job.input)
    if job.how == "former":
        runs.create(replace(services, functions=FORMERLY), run, job.input)
    return runs.start(services, run, job.input)


def _with(workflow: str) -> FunctionSet:
    trial = Function(NAME, Step(f"tests.trial.workflow:{workflow}"), description="Trials", timeout_s=540)
    started = Job("trial", QUEUE, TrialJob, begin)
    return changed(COMPANYS, functions=(*COMPANYS.functions, trial), jobs=(*COMPANYS.jobs, started))


FUNCTIONS, FORMERLY = _with("WORKFLOW"), _with("FORMER")
