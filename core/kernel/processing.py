"""One delivery of an event, a message, a firing or a step, for traces and metrics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from core.kernel import telemetry
from core.kernel.clock import Clock
from core.kernel.telemetry import Carried, Span, Value


@contextmanager
def processing(function: str, clock: Clock, carried: Carried) -> Iterator[Span]:
    """One delivery, as traces and metrics tell it.

    https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
    """
    if not telemetry.on():
        yield telemetry.span("", "consumer")
        return
    about: dict[str, Value] = {"trefoil.function": function}
    if carried.sent is not None:
        waited = (clock() - carried.sent).total_seconds()
        telemetry.record(telemetry.AGE, max(0.0, waited), about)  # the platform's clock may be ahead of ours
    begun, ended = perf_counter(), dict(about)
    with telemetry.span(f"process {function}", "consumer", carried, about) as span:
        try:
            yield span
        except Exception as error:
            ended["error.type"] = type(error).__name__
            raise
        finally:
            telemetry.record(telemetry.PROCESSED, perf_counter() - begun, ended)
