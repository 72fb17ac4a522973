"""What a deployed process would find out only when it first needs it, found out before: by tools, never at a start."""

from __future__ import annotations

from core.kernel.api.router import Router
from core.kernel.functions import FunctionSet, Job, load, resolve
from core.kernel.triggers import Misdeclared


def checked(package: str) -> FunctionSet:
    """The set that a package declares, with its routes and jobs imported.

    Raises `ConfigError` for one that can't be had, and `Misdeclared`.
    """
    functions = load(package)
    Router(functions)
    for job in functions.jobs:
        _check(job)
    return functions


def _check(job: Job) -> None:
    form = getattr(resolve(job.message), "__struct_config__", None)
    if (getattr(form, "tag_field", None), getattr(form, "tag", None)) != ("job", job.kind):
        raise Misdeclared(f"the message of the job {job.kind!r} is no msgspec.Struct with tag_field='job' and that tag")
    for reference in (job.handler, job.given_up, job.before_replay):
        if reference is not None:
            resolve(reference)
