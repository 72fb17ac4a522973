"""The triggers of a function set on one machine, as a server or a command has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from adapters.local.queue import SqliteQueues
from adapters.local.queue_trigger import QueueTrigger
from adapters.local.scratch import scratch
from adapters.local.workflow_trigger import WorkflowTrigger
from adapters.local.workflows import SqliteWorkflows
from core.kernel.config import ConfigError
from core.kernel.services import Services
from core.kernel.triggers import Queue, Step


class Trigger(Protocol):
    """Works in threads of its own, from `start` until `stop`, which returns when what runs has ended."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


def taking(services: Services) -> list[Trigger]:
    """Those that take messages and runs. Raises `ConfigError` where the store is not a folder of this machine."""
    queues, runs, functions = services.queues, services.workflows, services.functions
    if not isinstance(queues, SqliteQueues) or not isinstance(runs, SqliteWorkflows):
        raise ConfigError("TREFOIL_STORE", "only a file:// store has its queues and workflows on this machine")
    return [
        *(QueueTrigger(services, one, queues.named(one.queue)) for one in functions.of(Queue)),
        *(WorkflowTrigger(services, one, runs.named(one.name)) for one in functions.of(Step)),
    ]


@contextmanager
def started(triggers: Sequence[Trigger]) -> Iterator[None]:
    """They work inside of the block; its end waits for what they are at."""
    for trigger in triggers:
        trigger.start()
    try:
        yield
    finally:
        for trigger in triggers:
            trigger.stop()


@contextmanager
def working(services: Services) -> Iterator[None]:
    """This process does the queues and workflows, beside others on the same store; a cloud's are done there."""
    local = isinstance(services.queues, SqliteQueues)
    with scratch(services.store.folder), started(taking(services) if local else []):
        yield
