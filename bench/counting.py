"""What an operation asks of the store, counted before it, and the CPU that it takes in this process."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

LARGE = "large table"
"""In an operation's name, which is the same however many commits that table has."""


class Counts:
    """The operations that were counted through the proxy at a URL, by name: `total`, `chain`, `kinds` and `cpu_ms`.

    `total` requests were made of the store, of which `chain` waited for each other, and `kinds` are they by method (a
    list is none). `cpu_ms` is the process's own CPU, user and system, of all its threads; the store and the proxy are
    other processes. What a table prints stands in `commits`: so many the large table has.
    """

    def __init__(self, proxy: str, commits: int) -> None:
        self._proxy, self._commits = proxy, commits
        self._found: dict[str, dict[str, Any]] = {}
        self._cpu: dict[str, list[float]] = {}

    def counted(self, name: str, do: Callable[[], Any], *, times: int = 1) -> Any:
        """What it returned at first. The first run under a name is what is counted; the CPU is the median of all."""
        from tests.beds.counting_proxy import chain, taken

        answers = []
        for _ in range(times):
            taken(self._proxy)
            begun = time.process_time()
            answers.append(do())
            spent = time.process_time() - begun
            asked = taken(self._proxy)
            self._cpu.setdefault(name, []).append(spent * 1000)
            if name not in self._found:
                kinds = dict(sorted(Counter(one.what for one in asked).items()))
                self._found[name] = {"total": len(asked), "chain": chain(asked), "kinds": kinds}
                said = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
                shown = name.replace(LARGE, f"table of {self._commits} commits")
                print(f"| {shown} | {len(asked)} | {chain(asked)} | {said} |", flush=True)
        return answers[0]

    @property
    def operations(self) -> dict[str, dict[str, Any]]:
        return {
            name: {**found, "cpu_ms": round(statistics.median(self._cpu[name]), 3)}
            for name, found in self._found.items()
        }


class Kept:
    """The ports of queues and of workflows: what was sent and started stays here, the oldest first.

    Calling a queue or an engine is no request to the store, and each cloud's price for it is its own.
    """

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self.runs: list[tuple[str, str, Mapping[str, Any]]] = []

    def send(self, queue: str, message: bytes, _: str = "") -> None:
        self.messages.append((queue, message))

    def start(self, workflow: str, run: str, document: Mapping[str, Any]) -> None:
        self.runs.append((workflow, run, document))


def steps_of(run: str, document: Mapping[str, Any], take: Callable[[dict[str, Any]], Any], *, together: bool) -> None:
    """Go through a run as an engine does; `take` is called with each step's event, and at last with the end's.

    With `together` the items of a Map and the branches of a Parallel are under way at once, as many as are declared.
    Raises what `take` raises.
    """
    from core.kernel.workflow import declared
    from core.kernel.workflow.interpreter import All, Body, Do, interpret, row
    from core.kernel.workflow.plan import plan

    definition = declared.decode(document["definition"])
    planned = plan(definition)

    def go(body: Body) -> None:
        effects = interpret(planned, row(definition, body.row), body)
        answer: Any = None
        while True:
            try:
                effect = effects.send(answer)
            except StopIteration:
                return
            if isinstance(effect, Do):
                answer = {"value": take(effect.event)}
            else:
                assert isinstance(effect, All), f"{run} waits, since a step of it failed"
                with ThreadPoolExecutor(effect.at_most if together else 1) as lanes:
                    list(lanes.map(go, effect.bodies))
                answer = [None] * len(effect.bodies)

    go(Body((), {"run": run, "input": document["input"]}, ()))
    take({"run": run, "end": ""})
