"""Traces and metrics: what OpenTelemetry's collector gets of a system that was told of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.kernel import telemetry
from tests.beds.collector import Collector, Span
from tests.contract.system import Harness, System
from tools.waiting import eventually

FILE = "point,start,version,kwh\n1012345678903,2026-07-01T00:00Z,1,1\nbad\n"
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def spans(collector: Collector, name: str, **attributes: Any) -> list[Span]:
    return eventually(f"a span {name} with {attributes}", lambda: collector.of(name, **attributes))


def asked(system: System, method: str, path: str, user: str | None, mark: str, **options: Any) -> None:
    reply = system.send(method, path, user, headers={"X-Request-Id": mark, **options.pop("headers", {})}, **options)
    assert reply.status_code < 300, reply.text


def test_a_request_is_a_span_named_by_its_route_and_holds_no_query(system: System, harness: Harness) -> None:
    asked(system, "GET", "/api/hello?name=Telemetry", None, "span-hello")
    (span,) = spans(harness.collector, "GET /api/hello", trefoil_request_id="span-hello")
    assert (span.kind, span.failed, span.attributes["http.response.status_code"]) == ("server", False, 200)
    assert span.attributes["http.route"] == "/api/hello"
    assert "Telemetry" not in repr(span)
    assert span.resource["service.name"] == "trefoil"
    assert span.resource["trefoil.provider"] == harness.provider


def test_a_request_goes_on_with_its_callers_trace(system: System, harness: Harness) -> None:
    asked(system, "GET", "/api/hello", None, "span-caller", headers={"traceparent": CALLER})
    (span,) = spans(harness.collector, "GET /api/hello", trefoil_request_id="span-caller")
    assert (span.trace, span.parent) == (CALLER[3:35], CALLER[36:52])


def test_what_is_no_traceparent_begins_a_trace(system: System, harness: Harness) -> None:
    asked(system, "GET", "/api/hello", None, "span-odd", headers={"traceparent": "00-what-is-this-01"})
    (span,) = spans(harness.collector, "GET /api/hello", trefoil_request_id="span-odd")
    assert span.parent == ""


def test_a_request_and_the_job_that_it_asks_for_are_one_trace(system: System, harness: Harness, account: str) -> None:
    system.ingest(account, "traced.csv", FILE)
    asked(
        system,
        "POST",
        f"/api/accounts/{account}/exports",
        "rita",
        f"export-{account}",
        json={"format": "csv", "from": "2026-07-01", "to": "2026-07-02"},
    )
    (request,) = spans(
        harness.collector, "POST /api/accounts/{account}/exports", trefoil_request_id=f"export-{account}"
    )
    job, *_ = eventually(  # a message may be delivered twice
        "the job's span",
        lambda: [
            one for one in harness.collector.of("process jobs", trefoil_job="export") if one.trace == request.trace
        ],
    )
    (sent,) = [one for one in harness.collector.of("send jobs") if one.trace == request.trace]
    assert (sent.parent, sent.kind) == (request.id, "producer")
    assert (job.parent, job.kind) == (sent.id, "consumer")


def test_an_upload_leads_to_the_trace_of_its_file(system: System, harness: Harness, account: str) -> None:
    report = system.upload(account, "traced.csv", FILE.encode())
    trace = telemetry.known(report["key"])[3:35]
    uploads = eventually(
        "the upload's span",
        lambda: [one for one in harness.collector.of("POST /api/accounts/{account}/uploads") if trace in one.links],
    )
    assert len(uploads) == 1
    assert eventually(
        "the file's span", lambda: [one for one in harness.collector.of("process ingest") if one.trace == trace]
    )


def test_what_fails_is_told_by_its_kind_and_not_by_what_it_says(system: System, harness: Harness) -> None:
    harness.send("jobs", b'{"job": "no such job of telemetry"}')
    failed = eventually("a failed span", lambda: harness.collector.of("process jobs", error_type="UnknownEvent"))
    assert all(one.failed for one in failed)
    assert "no such job of telemetry" not in repr(harness.collector.spans)


def test_rows_rejects_requests_and_waits_are_counted(system: System, harness: Harness, account: str) -> None:
    collector = harness.collector
    counted: dict[str, Callable[[], float]] = {
        telemetry.ROWS: lambda: collector.total(telemetry.ROWS),
        telemetry.REJECTED: lambda: collector.total(telemetry.REJECTED),
        telemetry.AGE: lambda: collector.total(telemetry.AGE, trefoil_function="ingest"),
        telemetry.PROCESSED: lambda: collector.total(telemetry.PROCESSED, trefoil_function="ingest"),
        telemetry.REQUESTS: lambda: collector.total(telemetry.REQUESTS, http_route="/api/hello"),
    }
    before = {name: count() for name, count in counted.items()}
    system.ingest(account, "counted.csv", FILE)
    system.get("/api/hello")
    more = {telemetry.ROWS: 2, telemetry.REJECTED: 1, telemetry.AGE: 1, telemetry.PROCESSED: 1, telemetry.REQUESTS: 1}
    for name, number in more.items():
        eventually(
            f"{name} of {before[name] + number}",
            lambda name=name, number=number: counted[name]() >= before[name] + number,
        )


def test_a_dead_letter_is_counted(system: System, harness: Harness) -> None:
    harness.send("jobs", b'{"job": "another that is not there"}')
    eventually("a letter", lambda: harness.collector.total(telemetry.LETTERS, trefoil_function="jobs"))
