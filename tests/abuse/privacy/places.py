"""What each place of a system holds that was used: texts, each with where exactly it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import obstore
import pytest

from core.kernel.store import listing
from core.kernel.triggers import Step
from tests.abuse.privacy.canaries import Place

Texts = Iterator[tuple[str, str]]


def texts_of(place: Place, harness: Any, overheard: list[tuple[str, str]]) -> Texts:
    """All that there is at a place but answers, which only whoever asked has."""
    if place is Place.LOGS:
        yield from (
            (f"a line of {line.get('function')}", json.dumps(line, ensure_ascii=False)) for line in harness.logs()
        )
        yield from _raw(harness)
    elif place is Place.SPANS:
        yield from ((f"a span {one.name}", repr(one)) for one in list(harness.collector.spans))
        yield from ((f"a metric {one.name}", repr(one)) for one in list(harness.collector.points))
    elif place is Place.MESSAGES:
        yield from overheard
        yield from _engine(harness)
    else:
        yield from _stored(place, harness)


def _stored(place: Place, harness: Any) -> Texts:
    for meta in listing(harness.store, ""):
        path = meta["path"]
        letter = path.startswith("dead-letters/")
        if place is Place.KEYS:
            yield path, path
        elif letter == (place is Place.LETTERS):
            with suppress(FileNotFoundError):  # a queue's journal comes and goes
                yield path, bytes(obstore.get(harness.store.client, path).bytes()).decode("latin-1")


def _raw(harness: Any) -> Texts:
    """Whatever the runtimes wrote on their outputs, core's lines among it."""
    match harness.provider:
        case "local":
            yield "server.log", (harness.folder / "server.log").read_text()
        case "aws":
            for name in harness.deployment.functions.every:
                yield f"log group of {name}", "\n".join(harness.emulator.log_lines(name))
        case "gcp":
            for name, server in harness._servers.items():
                yield f"output of {name}", server.log.read_text()
        case "azure":
            yield "the worker's lines", "\n".join(f"{line.category}: {line.message}" for line in harness.host.logs())
            yield "the worker's output", harness.host.output()


def _engine(harness: Any) -> Texts:
    """What is kept of queues and of runs, where it is kept beyond its time."""
    if harness.provider == "local":
        for path in sorted(Path(harness.folder).rglob("*.sqlite3*")):
            with suppress(FileNotFoundError):
                yield path.name, path.read_bytes().decode("latin-1")
    if harness.provider == "aws":
        client = harness.emulator.client("stepfunctions")
        for machine in harness._machines.values():
            for run in client.list_executions(stateMachineArn=machine)["executions"]:
                arn = run["executionArn"]
                yield f"{arn}, as it was begun", json.dumps(client.describe_execution(executionArn=arn), default=str)
                events = client.get_execution_history(executionArn=arn, maxResults=1000)["events"]
                yield f"{arn}, its history", json.dumps(events, default=str)


@contextmanager
def overhearing(provider: str) -> Iterator[list[tuple[str, str]]]:
    """What the stand-ins of a provider pass on to functions while this is open: messages, and steps of runs."""
    heard: list[tuple[str, str]] = []
    with pytest.MonkeyPatch.context() as patched:
        if provider == "gcp":
            from tests.beds.gcp.pubsub import PubSub

            publish = PubSub.publish

            def published(self: Any, topic: str, data: bytes, attributes: Any = MappingProxyType({})) -> str:
                heard.append((f"the topic {topic}", f"{data.decode(errors='replace')} {json.dumps(dict(attributes))}"))
                return publish(self, topic, data, attributes)

            patched.setattr(PubSub, "publish", published)
        if provider == "azure":
            from tests.beds.azure.functions_link import WorkerLink

            invoke = WorkerLink.invoke

            def invoked(self: Any, function: Any, data: Any, metadata: Any) -> Any:
                if function.type != "httptrigger":
                    heard.append((f"what {function.name} was given", str(data)))
                return invoke(self, function, data, metadata)

            patched.setattr(WorkerLink, "invoke", invoked)
        yield heard


def has_workflows(harness: Any) -> bool:
    return bool(harness.deployment.of(Step))
