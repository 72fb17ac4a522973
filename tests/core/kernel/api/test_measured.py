"""What a stranger sends names no series of metrics: methods are a few, and paths are their routes'."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.kernel import telemetry
from core.kernel.api.measured import METHODS, Measured
from core.kernel.http import Request


class Recorded:
    """An exporter that keeps what it is told."""

    def __init__(self) -> None:
        self.metrics: list[dict[str, Any]] = []
        self.noted: list[dict[str, Any]] = []
        self.names: list[str] = []

    def span(self, name: str, *_: object) -> Recorded:
        self.names.append(name)
        return self

    def __enter__(self) -> Recorded:
        return self

    def __exit__(self, *_: object) -> None: ...

    def rename(self, name: str) -> None:
        self.names.append(name)

    def note(self, values: dict[str, Any]) -> None:
        self.noted.append(values)

    def record(self, name: str, _: float, values: dict[str, Any]) -> None:
        self.metrics.append({"name": name, **values})


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    found = Recorded()
    monkeypatch.setattr(telemetry, "_exporter", found)
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text() | st.sampled_from(sorted(METHODS)), st.text(st.characters()), st.sampled_from(["", "/api/hello"]))
def test_the_series_of_a_request_are_of_what_is_declared(
    recorded: Recorded, method: str, path: str, route: str
) -> None:
    recorded.metrics.clear()
    recorded.names.clear()
    with Measured(Request(method, path, "", (), b"", "id")) as measured:
        measured.route, measured.status = route, 200
    (metric,) = recorded.metrics
    known = method in METHODS
    assert metric["http.request.method"] == (method if known else "_OTHER")
    assert metric.get("http.route", "") == route
    assert set(recorded.names) <= {method if known else "HTTP", f"{method if known else 'HTTP'} {route}"}
    recorded.noted[-1]["url.path"].encode()  # what can't be encoded can't be sent
