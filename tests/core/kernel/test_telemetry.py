"""What recording costs who has no collector: nothing; and what a bad collector costs who has one: little, and no request.

What a system records is the contract suite's (tests/contract/test_telemetry.py).
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel import telemetry
from core.kernel.config import ConfigError
from tests.beds.collector import Collector
from tests.beds.processes import NOBODY

ROOT = Path(__file__).parents[3]
RECORDS = """
import json, os, sys
from core.kernel import telemetry

telemetry.configure(os.environ, "aws", at_once=True)
answers = []
for number in range(5):
    with telemetry.span(f"request {number}", "server"):
        telemetry.record(telemetry.REQUESTS, 0.1)
        telemetry.count(telemetry.LETTERS, 1)
    answers.append(telemetry.on())
print(json.dumps({"on": answers, "loaded": "opentelemetry" in sys.modules}))
os._exit(0)  # as a cloud ends a process: nothing is sent any more
"""


def recorded(**environment: str) -> tuple[dict[str, object], str]:
    """What a process that answers five requests says of itself, and its log."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, "-c", RECORDS],
        cwd=ROOT,
        env={**own, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    *log, said = done.stdout.splitlines()
    return json.loads(said), "\n".join([*log, done.stderr])


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of somebody who takes connections, and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": " "},
        {"OTEL_SERVICE_NAME": "named", "OTEL_TRACES_SAMPLER": "always_on"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": NOBODY, "OTEL_SDK_DISABLED": "true"},
    ],
    ids=["nothing said", "an empty endpoint", "no endpoint", "disabled"],
)
def test_without_a_collector_nothing_is_loaded(environment: dict[str, str]) -> None:
    said, log = recorded(**environment)
    assert (said, log.strip()) == ({"on": [False] * 5, "loaded": False}, "")


def test_all_was_sent_when_a_request_is_answered() -> None:
    with closing(Collector()) as collector:
        recorded(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
        assert [one.name for one in collector.spans] == [f"request {number}" for number in range(5)]
        assert collector.total(telemetry.REQUESTS) == collector.total(telemetry.LETTERS) == 5


def test_one_signal_goes_where_it_was_sent_alone() -> None:
    with closing(Collector()) as collector:
        recorded(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{collector.url}/v1/traces")
        assert len(collector.spans) == 5
        assert collector.points == []
        recorded(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_TRACES_EXPORTER="none")
        assert len(collector.spans) == 5
        assert collector.total(telemetry.REQUESTS) == 5


def test_a_collector_that_is_down_fails_no_request_and_is_told_once_until_it_had_a_rest() -> None:
    said, log = recorded(OTEL_EXPORTER_OTLP_ENDPOINT=NOBODY)
    assert said["on"] == [True] * 5
    assert (log.count("Failed to export spans"), log.count("Failed to export metrics")) == (1, 1)


def test_a_collector_that_says_nothing_fails_no_request_either(silent: str) -> None:
    said, log = recorded(OTEL_EXPORTER_OTLP_ENDPOINT=silent)
    assert said["on"] == [True] * 5
    assert (log.count("Failed to export spans"), log.count("Failed to export metrics")) == (1, 1)


@pytest.mark.parametrize("variable", ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"])
def test_another_protocol_is_refused_at_the_start(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "_exporter", None)
    with pytest.raises(ConfigError, match=rf"{variable}: 'grpc' is not spoken here.*http/protobuf"):
        telemetry.configure({"OTEL_EXPORTER_OTLP_ENDPOINT": NOBODY, variable: "grpc"}, "aws", at_once=True)


def test_a_missing_library_is_named_with_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "_exporter", None)
    monkeypatch.setitem(sys.modules, "core.kernel.exporting", None)
    with pytest.raises(ConfigError, match=re.escape("pip install 'trefoil[telemetry]'")):
        telemetry.configure({"OTEL_EXPORTER_OTLP_ENDPOINT": NOBODY}, "local", at_once=False)


@given(st.text() | st.from_regex(telemetry.PARENT) | st.none())
def test_only_a_whole_traceparent_is_taken(text: str | None) -> None:
    parts = (text or "").split("-")
    hexadecimal = all(set(part) <= set("0123456789abcdef") for part in parts)
    whole = hexadecimal and parts[:1] == ["00"] and [len(part) for part in parts] == [2, 32, 16, 2]
    assert telemetry.read(text) == (text if whole else "")


@given(st.text())
def test_what_both_ends_know_is_one_trace(name: str) -> None:
    assert telemetry.read(telemetry.known(name)) == telemetry.known(name)
    assert telemetry.known(name) != telemetry.known(f"{name}.")


def test_an_endpoint_that_is_no_url_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "_exporter", None)
    for odd in ("nonsense", "localhost:4318", "ftp://collector"):
        with pytest.raises(ConfigError, match=re.escape(f"OTEL_EXPORTER_OTLP_ENDPOINT: {odd!r} must be")):
            telemetry.configure({"OTEL_EXPORTER_OTLP_ENDPOINT": odd}, "aws", at_once=True)


def test_what_the_sdk_refuses_is_an_error_of_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "_exporter", None)
    monkeypatch.setenv("OTEL_METRIC_EXPORT_INTERVAL", "0")
    with pytest.raises(ConfigError, match=r"OTEL_\*: .*interval"):
        telemetry.configure({"OTEL_EXPORTER_OTLP_ENDPOINT": NOBODY}, "aws", at_once=True)


FLAGS = """
import os
from core.kernel import telemetry
from core.kernel.telemetry import Carried

telemetry.configure(os.environ, "aws", at_once=True)
for flag in ("00", "01"):
    trace = f"00-{'7f' * 16}-{'1' * 16}-{flag}"
    with telemetry.span(f"flag {flag}", "server", Carried(trace)), telemetry.span("within", "producer"):
        pass
"""


@pytest.mark.parametrize(("ratio", "spans"), [("1.0", 4), ("0.0", 0)])
def test_whether_a_trace_is_recorded_is_the_samplers_to_say_and_no_callers(ratio: str, spans: int) -> None:
    with closing(Collector()) as collector:
        own = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_TRACES_SAMPLER": "parentbased_traceidratio"}
        environment = {**os.environ, **own, "OTEL_TRACES_SAMPLER_ARG": ratio}
        subprocess.run([sys.executable, "-c", FLAGS], cwd=ROOT, env=environment, check=True)
        assert len(collector.spans) == spans
        assert {one.trace for one in collector.spans} <= {"7f" * 16}


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, "trefoil"),
        ({"OTEL_SERVICE_NAME": "mine"}, "mine"),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=ours,team=x"}, "ours"),
    ],
    ids=["nothing said", "its own variable", "among the attributes"],
)
def test_the_service_has_the_name_that_it_is_given(environment: dict[str, str], name: str) -> None:
    with closing(Collector()) as collector:
        recorded(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, **environment)
        assert {one.resource["service.name"] for one in collector.spans} == {name}
