"""Traces and metrics by OpenTelemetry, where its own environment variables name a collector.

Without OTEL_EXPORTER_OTLP_ENDPOINT (or that of traces or metrics alone) nothing is loaded, recorded or sent: a span is
one object that does nothing. https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/

What is asked for in one process and done in another is one trace: messages carry W3C Trace Context
(https://www.w3.org/TR/trace-context/). Where nothing of ours travels along (a file that a client sends to the store, a
step that a cloud's engine asks for), both ends know an id, and the trace's id is made of that: see `known`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from types import TracebackType
from typing import Literal, Protocol

from msgspec import Struct

from core.kernel.config import ConfigError

ENDPOINTS = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
)
PARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
"""A `traceparent` of the version that is known."""

Kind = Literal["server", "producer", "consumer"]
Value = str | int | float | bool


class Carried(Struct, frozen=True):
    """What came with a request or a message beside what it says.

    `parent` is its `traceparent`, empty for none; `sent` is when the platform took it, None where that isn't told.
    """

    parent: str = ""
    sent: datetime | None = None


NOTHING = Carried()


class Span(Protocol):
    """What one process does of a trace, as long as its block lasts. An exception that leaves the block is noted."""

    def __enter__(self) -> Span: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def rename(self, name: str) -> None: ...

    def note(self, values: Mapping[str, Value]) -> None: ...


class Exporter(Protocol):
    """What records and sends: `core.kernel.exporting`, where it is configured."""

    def span(self, name: str, kind: Kind, parent: str, values: Mapping[str, Value]) -> Span: ...

    def link(self, parent: str) -> None: ...

    def lead(self, name: str, parent: str) -> None: ...

    def note(self, values: Mapping[str, Value]) -> None: ...

    def current(self) -> str: ...

    def count(self, name: str, number: int, values: Mapping[str, Value]) -> None: ...

    def record(self, name: str, number: float, values: Mapping[str, Value]) -> None: ...


class _NoSpan:
    def __enter__(self) -> Span:
        return self

    def __exit__(self, *_: object) -> None: ...

    def rename(self, name: str) -> None: ...

    def note(self, values: Mapping[str, Value]) -> None: ...


_NO_SPAN = _NoSpan()
_exporter: Exporter | None = None


def configure(environment: Mapping[str, str], provider: str, *, at_once: bool) -> None:
    """Record and send, if the environment says where to; calling again in one process changes nothing.

    With `at_once` what was recorded is sent before a request is answered or an event is done: a cloud gives a process
    no time after that. Raises `ConfigError` for what can't be done.
    """
    global _exporter
    off = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    if _exporter is not None or off or not any(environment.get(name, "").strip() for name in ENDPOINTS):
        return
    try:
        from core.kernel.exporting import Otlp
    except ImportError as error:
        missing = f"is set, but {error.name} is not here: pip install 'trefoil[telemetry]'"
        raise ConfigError(ENDPOINTS[0], missing) from None
    _exporter = Otlp(environment, provider, at_once=at_once)


def on() -> bool:
    """Whether anything is recorded: what is made only for that need not be made without."""
    return _exporter is not None


def span(name: str, kind: Kind, carried: Carried = NOTHING, values: Mapping[str, Value] | None = None) -> Span:
    """Begin something, as a part of the trace that `carried` names, of the one that goes on here, or of a new one."""
    return _NO_SPAN if _exporter is None else _exporter.span(name, kind, carried.parent, values or {})


def parent() -> str:
    """The `traceparent` to send along with a message; empty where nothing is recorded."""
    return "" if _exporter is None else _exporter.current()


def read(text: str | None) -> str:
    """What was sent as `traceparent`, if it is one; else it is as if none was sent (Trace Context, 3.2)."""
    return text if text and PARENT.fullmatch(text) else ""


def known(name: str) -> str:
    """The trace of what both ends know by this name, such as an object's key."""
    digest = sha256(name.encode(errors="backslashreplace")).hexdigest()
    return f"00-{digest[:32]}-{digest[32:48]}-01"


def link(parent: str) -> None:
    """Let what goes on here lead to that trace."""
    if _exporter is not None:
        _exporter.link(parent)


def lead(name: str, parent: str) -> None:
    """Let that trace lead to what goes on here."""
    if _exporter is not None:
        _exporter.lead(name, parent)


def note(values: Mapping[str, Value]) -> None:
    """Say more of what goes on here."""
    if _exporter is not None:
        _exporter.note(values)


def count(name: str, number: int, values: Mapping[str, Value] | None = None) -> None:
    """Add to a counter of `METRICS`."""
    if _exporter is not None:
        _exporter.count(name, number, values or {})


def record(name: str, number: float, values: Mapping[str, Value] | None = None) -> None:
    """Add to a histogram of `METRICS`."""
    if _exporter is not None:
        _exporter.record(name, number, values or {})


class Metric(Struct, frozen=True):
    """A counter; or a histogram, where it has the bounds of its buckets."""

    unit: str
    description: str
    bounds: tuple[float, ...] = ()


_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""https://opentelemetry.io/docs/specs/semconv/http/http-metrics/"""
REQUESTS, PROCESSED, AGE = "http.server.request.duration", "trefoil.function.duration", "trefoil.queue.age"
ROWS, REJECTED, LETTERS = "trefoil.ingest.rows", "trefoil.ingest.rejected_rows", "trefoil.dead_letters"
METRICS: Mapping[str, Metric] = {
    REQUESTS: Metric("s", "How long requests took, by route and status", _SECONDS),
    PROCESSED: Metric(
        "s", "How long files, messages, schedules and steps took, by function", (*_SECONDS, 30.0, 60.0, 300.0, 900.0)
    ),
    AGE: Metric(
        "s",
        "How long a message or a file had waited when its function began, by function",
        (0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21600.0, 86400.0),
    ),
    ROWS: Metric("{row}", "Rows of files that were read, also those that were rejected"),
    REJECTED: Metric("{row}", "Rows of files that were rejected"),
    LETTERS: Metric("{letter}", "Dead letters that were written, by function"),
}
"""What is measured: of requests by OpenTelemetry's own name, of the rest by ours."""
