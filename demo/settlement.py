"""The demo's settlement: July, of which two hours of a point were never read, without an estimate and with one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from core.energy.settlement.month import Month
from demo import files
from demo.client import Client, expect
from tools.waiting import eventually

MONTH = "2000-07"
MARKS = {"waiting": " ", "running": ">", "done": "x", "failed": "!", "skipped": "-"}


def check(podge: Client, say: Callable[[str], None]) -> None:
    """Raises `Failed` when it does not come to what the input says."""
    run = _settle(podge, estimate=False)
    expect("the settlement with a gap", (run["state"], run["error"]["code"]), ("failed", "incomplete"))
    gap = run["gaps"][0]
    say(f"July was not settled: of {gap['point']} {gap['minutes']} minutes are missing, from {gap['first']} on")
    run = _settle(podge, estimate=True)
    expect("the settlement with an estimate", run["state"], "done")
    result = run["result"]
    read = _read()
    expect("the settled kWh", Decimal(result["import_kwh"]) - Decimal(result["estimated_kwh"]), read)
    expect("the total", Decimal(result["total"]), sum(Decimal(line["amount"]) for line in result["lines"]))
    csv = podge.send(result["csv"]["method"], result["csv"]["url"], headers=result["csv"]["headers"])
    expect("the lines of the CSV", csv.body.count(b"\r\n") - 1, len(result["lines"]))
    say(
        f"July was settled with {result['estimated_kwh']} kWh estimated: {result['import_kwh']} kWh cost "
        f"{result['total']} {result['currency']}, and {read} kWh were read, as the input says"
    )
    for line in picture(run["steps"]):
        say(f"    {line}")


def ask(podge: Client, account: str, month: str, *, estimate: bool) -> str:
    """Ask for the settlement of a month; returns where its run is seen."""
    reply = podge.send("POST", f"/api/accounts/{account}/settlements", {"month": month, "estimate": estimate})
    expect("the settlement", reply.status, 202)
    return reply.headers["location"]


def _settle(podge: Client, *, estimate: bool) -> Any:
    """The run of a settlement, when it has ended."""
    where = ask(podge, files.ACCOUNT, MONTH, estimate=estimate)

    def ended() -> Any:
        run = podge.send("GET", where).json()
        return run if run["state"] != "running" else None

    return eventually("the settlement's end", ended)


def picture(steps: list[dict[str, Any]]) -> list[str]:
    """Each step under those that it stands in, with a mark for its state."""
    depth: dict[str | None, int] = {None: 0}
    lines = []
    for step in steps:
        depth[step["name"]] = depth[step["parent"]] + 1
        items = "" if step["items"] is None else f" ({step['done']} of {step['items']})"
        indent = "  " * depth[step["parent"]]
        lines.append(f"{indent}[{MARKS[step['state']]}] {step['name']}{items}: {step['state']}")
    return lines


def _read() -> Decimal:
    """What the input has of July at its latest versions: the first point's is corrected by the third."""
    begin, end = Month.named(MONTH).bounds(files.LONDON)
    return sum(
        (
            files.kwh(megawatts, point, 3 if point is files.POINTS[0] else 2)
            for start, megawatts in files.demand()
            for point in files.POINTS
            if begin <= start < end and not files.missing(point, start)
        ),
        Decimal(),
    )
