"""What a cloud meters of a business operation: amounts by the name of the price, in the price's unit."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping

import msgspec

from bench.portability.assumptions import Assumptions
from bench.portability.business import Call, Operation, steps, without_gaps
from bench.portability.prices import Rounding
from core.energy.functions import FUNCTIONS

Usage = defaultdict[str, float]
GB, GIB = 1e9, 2.0**30
WRITES, READS = ("PUT", "POST", "LIST"), ("GET", "HEAD")
"""How S3, Cloud Storage and Blob storage sort requests; a DELETE is free on each."""


class Trip(msgspec.Struct, frozen=True):
    """What was counted of an operation: see `bench.counting.Counts`."""

    total: int
    chain: int
    kinds: Mapping[str, int]
    cpu_ms: float


def add(used: Usage, more: Mapping[str, float], times: float = 1) -> None:
    """Add to what is used what is used besides, so many times."""
    for name, amount in more.items():
        used[name] += amount * times


class NotCounted(LookupError):
    """An operation has no counts; the message says which, and how to have them."""


class Meter:
    """Meters operations of one provider, by its trips and its rounding."""

    def __init__(self, provider: str, trips: Mapping[str, Trip], rounding: Rounding, assumed: Assumptions) -> None:
        self.provider, self._trips, self._rounding, self._assumed = provider, trips, rounding, assumed

    def of(self, operation: Operation) -> Usage:
        """All that one of it uses. Raises `NotCounted`."""
        points = int(self._assumed.points.value)
        found: Usage = defaultdict(float)
        for call in (*operation.calls, *(steps(points) if operation.runs else ())):
            add(found, self._call(call), call.times)
        self._store(found, operation.signed_writes, operation.signed_reads)
        if operation.runs:
            self._run(found, points)
        if operation.left_bytes:
            found["stored"] += operation.left_bytes / (GIB if self.provider == "gcp" else GB)
        return found

    def billed_ms(self, call: Call) -> float:
        """The time that an invocation is billed for."""
        trip = self._trip(call)
        taken = (
            trip.cpu_ms / call.of / self._vcpu(call.function) + trip.chain / call.of * self._assumed.request_ms.value
        )
        return self._rounding.billed_ms(taken)

    def _call(self, call: Call) -> Usage:
        trip, found = self._trip(call), self._billed(call.function, self.billed_ms(call))
        writes = sum(trip.kinds.get(kind, 0) for kind in WRITES) / call.of
        reads = sum(trip.kinds.get(kind, 0) for kind in READS) / call.of
        self._store(found, writes, reads)
        if self.provider == "azure":  # listings make no event, and what was deleted does
            found["event"] += (trip.kinds.get("DELETE", 0) - trip.kinds.get("LIST", 0)) / call.of
        self._came(found, call)
        return found

    def _billed(self, function: str, billed_ms: float) -> Usage:
        seconds, memory = billed_ms / 1000, self._memory(function)
        found: Usage = defaultdict(float, {"invocation": 1})
        if self.provider == "gcp":
            found["compute"] += seconds * self._assumed.cloud_run_vcpu.value
            found["memory"] += seconds * memory / 1024
        else:
            found["compute"] += seconds * memory / 1024
        found["logs"] += self._assumed.log_bytes.value[self.provider] / (GIB if self.provider == "gcp" else GB)
        if self.provider == "aws":
            found["traces"] += self._assumed.traced.value
        return found

    def _store(self, found: Usage, writes: float, reads: float) -> None:
        found["store write"] += writes
        found["store read"] += reads
        if self.provider == "azure":  # each write is an event that Event Grid takes in, also one that it filters out
            found["event"] += writes

    def _came(self, found: Usage, call: Call) -> None:
        """What is paid for the way on which the call comes."""
        match self.provider, call.by:
            case "aws", "http":
                found["gateway"] += max(1, math.ceil(call.answer_kib / self._assumed.gateway_kib.value))
                if call.gated:
                    add(found, self._call(Call("direct", "authorizer", "authorizer")))
            case _, "message":
                self._queued(found, self._assumed.message_bytes.value)
            case _, "object":
                self._queued(found, self._assumed.event_bytes.value)
                if self.provider == "azure":  # and its delivery to the queue
                    found["event"] += 1
            case "aws", "schedule":
                found["schedule"] += 1
            case "gcp", "schedule":  # by a topic; on Azure the function's own host has the time
                self._queued(found, self._assumed.message_bytes.value)

    def _queued(self, found: Usage, size: float) -> None:
        assumed = self._assumed
        if self.provider == "aws":
            found["queue"] += assumed.sqs_calls.value * math.ceil(size / 1024 / assumed.sqs_kib.value)
        elif self.provider == "gcp":
            found["queue"] += assumed.pubsub_calls.value * max(size, assumed.pubsub_least.value) / GIB
        else:
            found["queue"] += assumed.storage_queue_calls.value

    def _run(self, found: Usage, points: int) -> None:
        """As `tools.workflows.cost` counts what a run is billed for."""
        done = without_gaps(points)
        if self.provider == "aws":
            found["workflow"] += done.transitions
        elif self.provider == "gcp":
            found["workflow"] += done.steps
        else:
            turns = done.activities + done.timers + 2 * done.orchestrations
            found["workflow queue"] += 3 * (2 * done.activities + done.timers + 2 * done.orchestrations)
            found["table"] += 2 * turns
            turn = self._billed("settle", self._rounding.billed_ms(0))
            add(found, turn, turns * self._assumed.orchestrator_turns.value)

    def _trip(self, call: Call) -> Trip:
        try:
            return self._trips[call.counted]
        except KeyError:
            raise NotCounted(
                f"{self.provider} has no counts of {call.counted!r}; count again: `nox -s {self.provider} -- bench requests --out FOLDER/requests-{self.provider}.json`, FOLDER being the run's"
            ) from None

    def _memory(self, function: str) -> float:
        """MB, as the deployment gives it."""
        declared = FUNCTIONS.every[function].memory_mb
        return max(declared, self._assumed.flex_least_mb.value) if self.provider == "azure" else declared

    def _vcpu(self, function: str) -> float:
        """How much of a vCPU the function has for itself, no more than it can use."""
        assumed, memory = self._assumed, self._memory(function)
        share = {
            "aws": memory / assumed.lambda_mb_a_vcpu.value,
            "gcp": assumed.cloud_run_vcpu.value,
            "azure": memory / assumed.flex_mb_a_vcpu.value,
        }
        return min(share[self.provider], assumed.cores_used.value)
