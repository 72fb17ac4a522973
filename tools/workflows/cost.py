"""What a run costs on each cloud before it is deployed: the steps that are billed, by the dearest way through it.

Orchestration alone: the functions' own time and the store's requests are the same whatever asks for a step. One that
is tried again is billed again. For Azure, where storage is billed and not steps, the messages and turns are counted
that its provider is documented to make.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.kernel.workflow.declared import Choice, Fail, Map, Parallel, Step, Task, Workflow

PRICES = Path(__file__).with_name("prices.json")
RUNS = 1000


@dataclass(frozen=True, slots=True)
class Count:
    """What Step Functions (`transitions`), Workflows (internal `steps`) and Durable Functions (the others) do."""

    transitions: int = 0
    steps: int = 0
    activities: int = 0
    timers: int = 0
    orchestrations: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def times(self, number: int) -> Count:
        return Count(*(getattr(self, name) * number for name in self.__slots__))


def count(workflow: Workflow, items: int) -> Count:
    """One run in which each Map has so many items, and no step is tried again.

    Beside the declared steps: the Parallel around them and the note of the end; the two assignments at the beginning
    and the note; and the end's activity with its timer.
    """
    return Count(2, 3, 1, 1, 1) + _row(workflow.steps, items)


def _row(steps: tuple[Step, ...], items: int) -> Count:
    total = Count()
    for step in steps:
        total += _step(step, items)
    return total


def _step(step: Step, items: int) -> Count:
    match step:
        case Task():
            return Count(1, 1, 1, 1)
        case Choice():
            # Each condition that is looked at is a step of Workflows.
            then, otherwise = _row(step.then, items), _row(step.otherwise, items)
            seen = 2 if step.otherwise else 1
            ways = (Count(1, 1) + then, Count(1, seen) + otherwise)
            return max(ways, key=lambda way: (way.transitions, way.steps))
        case Map():
            lanes = Count(0, 0, 0, 0, min(step.at_most, items))
            # Begin, the loop itself, and the look at what failed.
            return Count(1, 3) + lanes + _row(step.do, items).times(items)
        case Parallel():
            branches = Count(0, 0, 0, 0, len(step.branches))
            return Count(1, 3) + branches + sum((_row(body, items) for body in step.branches.values()), Count())
        case Fail():
            return Count(1, 1)


def prices() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PRICES.read_text())
    return found


def dollars(found: Count, listed: Mapping[str, Any]) -> dict[str, Decimal]:
    """Of a thousand runs, by cloud."""

    def price(name: str) -> Decimal:
        return Decimal(listed["prices"][name]["usd"])

    messages = 2 * found.activities + found.timers + 2 * found.orchestrations
    turns = found.activities + found.timers + 2 * found.orchestrations
    azure = 3 * messages * price("azure_queue_operation") + 2 * turns * price("azure_table_operation")
    return {
        "aws": RUNS * found.transitions * price("aws_state_transition"),
        "gcp": RUNS * found.steps * price("gcp_internal_step"),
        "azure": RUNS * azure,
    }


def report(name: str, workflow: Workflow, items: list[int]) -> str:
    listed = prices()
    lines = [
        f"{name}: {RUNS:,} runs by the dearest way through its choices; list prices of {listed['date']}, USD",
        "",
        "| items | AWS transitions | USD | Google steps | USD | Azure activities, timers, orchestrations | USD |",
        "|---|---|---|---|---|---|---|",
    ]
    for number in items:
        found = count(workflow, number)
        cost = dollars(found, listed)
        azure = f"{found.activities}, {found.timers}, {found.orchestrations}"
        lines.append(
            f"| {number} | {found.transitions} | {cost['aws']:.2f} | {found.steps} | {cost['gcp']:.2f} "
            f"| {azure} | {cost['azure']:.2f} |"
        )
    notes = [f"- {name}: {one['usd']} USD; {one['source']}" for name, one in listed["prices"].items()]
    return "\n".join([*lines, "", *notes])
