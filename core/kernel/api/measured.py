"""What a request was, for the log, traces and metrics: once, at its end."""

from __future__ import annotations

from time import perf_counter

from core.kernel import logs, telemetry
from core.kernel.http import Request
from core.kernel.telemetry import Carried, Value

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"))
"""Those that are known. Another is what somebody made up, so it is told as one kind: `_OTHER`."""

log = logs.logger("api")


class Measured:
    """A request while it is answered; `route` is the path of the route, once it is known, and `status` its end.

    https://opentelemetry.io/docs/specs/semconv/http/http-spans/
    """

    def __init__(self, request: Request) -> None:
        self.route, self.status = "", 500
        self._request = request
        parent = telemetry.read(request.header("traceparent"))
        self._known = request.method in METHODS
        self._span = telemetry.span(request.method if self._known else "HTTP", "server", Carried(parent))

    def __enter__(self) -> Measured:
        self._begun = perf_counter()
        self._span.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        request, seconds = self._request, perf_counter() - self._begun
        logs.info(
            log,
            "request",
            method=request.method,
            path=request.path,
            status=self.status,
            duration_ms=round(seconds * 1000, 2),
        )
        if telemetry.on():
            method = request.method if self._known else "_OTHER"
            about: dict[str, Value] = {"http.request.method": method, "http.response.status_code": self.status}
            if self.route:
                about["http.route"] = self.route
                self._span.rename(f"{request.method if self._known else 'HTTP'} {self.route}")
            if self.status >= 500:
                about["error.type"] = str(self.status)
            telemetry.record(telemetry.REQUESTS, seconds, about)
            # Not the query, which holds what somebody asked for.
            path = request.path.encode(errors="backslashreplace").decode()  # half a character can't be sent
            self._span.note({**about, "url.path": path, "trefoil.request_id": request.request_id})
        self._span.__exit__(None, None, None)
