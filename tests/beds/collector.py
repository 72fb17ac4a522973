"""A collector of OpenTelemetry's: it takes OTLP over HTTP in protobuf, and keeps what came."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tools.serving import reply, serve


@dataclass(frozen=True)
class Span:
    """A span as it was sent; ids in hexadecimal, `parent` empty for none, `links` the traces it leads to."""

    name: str
    kind: str
    trace: str
    id: str
    parent: str
    links: tuple[str, ...]
    attributes: Mapping[str, Any]
    resource: Mapping[str, Any]
    failed: bool


@dataclass(frozen=True)
class Point:
    """What a metric had come to: of a histogram how many values and their sum, of a counter the sum alone."""

    name: str
    unit: str
    attributes: Mapping[str, Any]
    count: int
    sum: float
    instance: str


class Collector:
    """Listens from its making until `close`, on a free port of this machine."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.points: list[Point] = []
        """The newest of each metric, attributes and process last."""
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                if self.path == "/v1/traces":
                    collector.spans += _spans(body)
                elif self.path == "/v1/metrics":
                    collector.points += _points(body)
                else:
                    reply(self, 404, b"")
                    return
                reply(self, 200, b"")

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        serve(self._server, "collector")

    def of(self, name: str, **attributes: Any) -> list[Span]:
        """The spans of a name that have these attributes; an underscore stands for a dot."""
        return [one for one in list(self.spans) if one.name == name and _has(one.attributes, attributes)]

    def total(self, metric: str, **attributes: Any) -> float:
        """What a metric came to in all processes: the number of values of a histogram, else the sum."""
        newest = {
            (one.instance, tuple(sorted(one.attributes.items()))): one
            for one in list(self.points)
            if one.name == metric and _has(one.attributes, attributes)
        }
        return sum(one.count or one.sum for one in newest.values())

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _has(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    dotted = {name.replace(".", "_"): value for name, value in found.items()}
    return wanted.items() <= dotted.items()


def _spans(body: bytes) -> Iterable[Span]:
    for of in ExportTraceServiceRequest.FromString(body).resource_spans:
        for scope in of.scope_spans:
            for one in scope.spans:
                yield Span(
                    one.name,
                    one.SpanKind.Name(one.kind).removeprefix("SPAN_KIND_").lower(),
                    one.trace_id.hex(),
                    one.span_id.hex(),
                    one.parent_span_id.hex(),
                    tuple(link.trace_id.hex() for link in one.links),
                    _values(one.attributes),
                    _values(of.resource.attributes),
                    one.status.code == one.status.STATUS_CODE_ERROR,
                )


def _points(body: bytes) -> Iterable[Point]:
    for of in ExportMetricsServiceRequest.FromString(body).resource_metrics:
        instance = str(_values(of.resource.attributes).get("service.instance.id"))
        for scope in of.scope_metrics:
            for metric in scope.metrics:
                for one in metric.histogram.data_points:
                    yield Point(metric.name, metric.unit, _values(one.attributes), one.count, one.sum, instance)
                for one in metric.sum.data_points:
                    number = float(one.as_int or one.as_double)
                    yield Point(metric.name, metric.unit, _values(one.attributes), 0, number, instance)


def _values(attributes: Iterable[Any]) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}
