"""Jobs: messages of several kinds that share a queue, each a JSON object whose `job` is its kind.

Delivery is at least once, unordered. A job may be repeated, also after a crash at any line: what it has done is in the
store, and it looks there first.
"""

from __future__ import annotations

from typing import Any

import msgspec

from core.kernel import logs, telemetry
from core.kernel.events import UnknownEvent, read
from core.kernel.functions import FunctionSet, Job, resolve
from core.kernel.services import Services


class _Kind(msgspec.Struct):
    job: str


def has(functions: FunctionSet, queue: str) -> bool:
    """Whether the messages of a queue are jobs."""
    return any(job.queue == queue for job in functions.jobs)


def decode(functions: FunctionSet, queue: str, message: bytes) -> tuple[Job, Any]:
    """The job in a message, and the message. Raises `UnknownEvent` for what is not JSON, or no job of the queue."""
    try:
        native = msgspec.json.decode(message)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise UnknownEvent(f"the message is not JSON: {error}") from None
    kind = read(native, _Kind).job
    jobs = {job.kind: job for job in functions.jobs if job.queue == queue}
    if kind not in jobs:
        known = f"the queue {queue} takes {', '.join(jobs)}"
        raise UnknownEvent(f"Invalid value {kind!r} - at `$.job`; the event has: {', '.join(sorted(native))}; {known}")
    return jobs[kind], read(native, resolve(jobs[kind].message))


def run(services: Services, queue: str, message: bytes) -> Any:
    """Do the job in a message; returns what it found out, as JSON values.

    Raises `UnknownEvent` for a message that is no job, and what its handler raises: deliver the message again.
    """
    job, native = decode(services.functions, queue, message)
    telemetry.note({"trefoil.job": job.kind})
    with logs.context(job=job.kind):
        return resolve(job.handler)(services, native)


def check_replay(services: Services, queue: str, message: bytes) -> None:
    """Raises `NotReplayable` when the job says that it can't be done again in this process, with its settings."""
    job, native = decode(services.functions, queue, message)
    if job.before_replay is not None:
        resolve(job.before_replay)(services, native)
