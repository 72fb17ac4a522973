"""Recording by OpenTelemetry's SDK, and sending by OTLP over HTTP. Loaded only where a collector is configured.

Its own variables say the rest: headers, sampling, compression, resource attributes, and so on.
https://opentelemetry.io/docs/specs/otel/protocol/exporter/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock, Thread
from time import monotonic
from types import TracebackType
from typing import Any
from uuid import uuid4

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExportResult, MetricsData, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.sampling import Sampler, SamplingResult
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from core import VERSION
from core.kernel import logs
from core.kernel.config import ConfigError, url_of
from core.kernel.telemetry import ENDPOINTS, METRICS, Kind, Span, Value

PATIENCE_S = 2
"""Seconds that a collector is waited for, unless OTEL_EXPORTER_OTLP_TIMEOUT says another: users wait with it."""
REST_S = 60
"""Seconds after a failure in which nobody waits for the collector: what is recorded then is sent later, or lost."""
PROTOCOL = "http/protobuf"
_PROPAGATOR = TraceContextTextMapPropagator()
_KINDS = {"server": SpanKind.SERVER, "producer": SpanKind.PRODUCER, "consumer": SpanKind.CONSUMER}


class Otlp:
    """See `core.kernel.telemetry.Exporter`. What can't be sent is lost, and said in the log; nobody fails by it."""

    def __init__(self, environment: Mapping[str, str], provider: str, *, at_once: bool) -> None:
        self._at_once, self._rests_until, self._flushing = at_once, 0.0, Lock()
        for name in ("", "TRACES_", "METRICS_"):
            variable = f"OTEL_EXPORTER_OTLP_{name}PROTOCOL"
            if (asked := environment.get(variable, "").strip() or PROTOCOL) != PROTOCOL:
                raise ConfigError(variable, f"{asked!r} is not spoken here; leave it out, or say {PROTOCOL}")
        for name in ENDPOINTS:
            _check_endpoint(name, environment.get(name, "").strip())
        logs.adopt("opentelemetry")
        about = {"service.version": VERSION, "service.instance.id": uuid4().hex, "trefoil.provider": provider}
        named = "service.name=" in environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
        if not named and not environment.get("OTEL_SERVICE_NAME", "").strip():
            about["service.name"] = "trefoil"
        try:
            self._begin(environment, Resource.create(about))
        except ValueError as error:
            raise ConfigError("OTEL_*", f"one of these variables is refused by the SDK: {error}") from None

    def _begin(self, environment: Mapping[str, str], resource: Resource) -> None:
        self._spans, self._metrics = TracerProvider(resource=resource), MeterProvider(resource=resource)
        if _wanted(environment, "TRACES"):
            spans = _Spans(self._failed, timeout=_timeout(environment, "TRACES"))
            self._spans.add_span_processor(BatchSpanProcessor(spans))
        if _wanted(environment, "METRICS"):
            metrics = _Metrics(self._failed, timeout=_timeout(environment, "METRICS"))
            self._metrics = MeterProvider([PeriodicExportingMetricReader(metrics)], resource)
        # Whether a trace is recorded is ours to say, not the flag of a stranger's header; all of its spans agree.
        self._spans.sampler = _ByTrace(self._spans.sampler)
        self._tracer, meter = self._spans.get_tracer("trefoil"), self._metrics.get_meter("trefoil")
        self._counters = {
            name: meter.create_counter(name, one.unit, one.description)
            for name, one in METRICS.items()
            if not one.bounds
        }
        self._histograms = {
            name: meter.create_histogram(
                name, one.unit, one.description, explicit_bucket_boundaries_advisory=one.bounds
            )
            for name, one in METRICS.items()
            if one.bounds
        }

    def span(self, name: str, kind: Kind, parent: str, values: Mapping[str, Value]) -> Span:
        outer = _PROPAGATOR.extract({"traceparent": parent}) if parent else None
        begun = self._tracer.start_span(name, outer, _KINDS[kind], values, record_exception=False)
        return _Recorded(begun, self.flush if kind != "producer" else None)

    def link(self, parent: str) -> None:
        of = trace.get_current_span(_PROPAGATOR.extract({"traceparent": parent}))
        trace.get_current_span().add_link(of.get_span_context())

    def lead(self, name: str, parent: str) -> None:
        outer, here = _PROPAGATOR.extract({"traceparent": parent}), trace.get_current_span().get_span_context()
        self._tracer.start_span(name, outer, SpanKind.CONSUMER, links=[trace.Link(here)]).end()

    def note(self, values: Mapping[str, Value]) -> None:
        trace.get_current_span().set_attributes(values)

    def current(self) -> str:
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier.get("traceparent", "")

    def count(self, name: str, number: int, values: Mapping[str, Value]) -> None:
        self._counters[name].add(number, values)

    def record(self, name: str, number: float, values: Mapping[str, Value]) -> None:
        self._histograms[name].record(number, values)

    def flush(self) -> None:
        """Send what was recorded, traces and metrics side by side, where a process may have no other time for it."""
        if not self._at_once:
            return
        with self._flushing:  # so that of many requests at once one alone finds out that the collector is down
            if monotonic() < self._rests_until:
                return
            metrics = Thread(target=self._metrics.force_flush, args=(PATIENCE_S * 1000,), name="metrics", daemon=True)
            metrics.start()
            self._spans.force_flush(PATIENCE_S * 1000)
            metrics.join()

    def _failed(self) -> None:
        self._rests_until = monotonic() + REST_S


class _ByTrace(Sampler):
    """Decides by a trace's id alone, as the sampler that the environment names decides at a trace's root."""

    def __init__(self, configured: Sampler) -> None:
        self._configured = configured

    def should_sample(
        self,
        parent_context: context.Context | None,  # noqa: ARG002  its flag may be a stranger's
        trace_id: int,
        name: str,
        *more: Any,
        **others: Any,
    ) -> SamplingResult:
        return self._configured.should_sample(context.Context(), trace_id, name, *more, **others)

    def get_description(self) -> str:
        return self._configured.get_description()


class _Spans(OTLPSpanExporter):
    """Tells of its failures, which the SDK only logs."""

    def __init__(self, failed: Callable[[], None], **options: Any) -> None:
        super().__init__(**options)
        self._told = failed

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = super().export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._told()
        return result


class _Metrics(OTLPMetricExporter):
    """The same of metrics."""

    def __init__(self, failed: Callable[[], None], **options: Any) -> None:
        super().__init__(**options)
        self._told = failed

    def export(
        self, metrics_data: MetricsData, timeout_millis: float | None = 10_000, **options: Any
    ) -> MetricExportResult:
        result = super().export(metrics_data, timeout_millis, **options)
        if result is not MetricExportResult.SUCCESS:
            self._told()
        return result


def _timeout(environment: Mapping[str, str], signal: str) -> float | None:
    """Ours, unless it is said."""
    names = ("OTEL_EXPORTER_OTLP_TIMEOUT", f"OTEL_EXPORTER_OTLP_{signal}_TIMEOUT")
    return None if any(environment.get(name, "").strip() for name in names) else PATIENCE_S


def _check_endpoint(variable: str, value: str) -> None:
    """Raises `ConfigError` for what is no URL of a collector; the SDK would say nothing."""
    url = url_of(variable, value)
    if value and (url.scheme not in ("http", "https") or not url.hostname):
        raise ConfigError(variable, f"{value!r} must be the URL of a collector, such as http://localhost:4318")


def _wanted(environment: Mapping[str, str], signal: str) -> bool:
    """Whether a signal has somewhere to go: of two, one may be configured alone."""
    if environment.get(f"OTEL_{signal}_EXPORTER", "").strip().lower() == "none":
        return False
    names = ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    return any(environment.get(name, "").strip() for name in names)


class _Recorded:
    """See `core.kernel.telemetry.Span`. Lines logged inside carry the trace's and the span's id.

    `ended` is called when it has ended, where nothing else of its process's may come after it.
    """

    def __init__(self, span: trace.Span, ended: Callable[[], None] | None) -> None:
        self._span, self._ended = span, ended
        of = span.get_span_context()
        self._logs = logs.context(trace_id=f"{of.trace_id:032x}", span_id=f"{of.span_id:016x}")

    def __enter__(self) -> Span:
        self._token = context.attach(trace.set_span_in_context(self._span))
        self._logs.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is not None:
            # Not what it says: that may hold what is the customer's.
            self._span.set_attribute("error.type", type(error).__name__)
            self._span.set_status(Status(StatusCode.ERROR))
        self._logs.__exit__()
        context.detach(self._token)
        self._span.end()
        if self._ended:
            self._ended()

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def note(self, values: Mapping[str, Value]) -> None:
        self._span.set_attributes(values)
        if "error.type" in values:
            self._span.set_status(Status(StatusCode.ERROR))
