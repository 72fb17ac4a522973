"""A summary that is made up, for the page and the terminal: no figure in it was measured."""

from __future__ import annotations

from random import Random
from typing import Any

TARGETS = ("local", "aws", "gcp", "azure")
CLOUDS = TARGETS[1:]
WAYS = {
    "aws": ("native", "trefoil", "fastapi", "powertools"),
    "gcp": ("native", "trefoil", "flask"),
    "azure": ("native", "trefoil", "fastapi"),
}
VOID = "answered 500 where 200 was due"
_WARM_MS = {
    "hello": 1.9,
    "login": 31,
    "me": 3.1,
    "month": 14.2,
    "year": 71,
    "upload": 164,
    "export": 212,
    "settlement": 940,
    "schedule": 55,
}
_SLOWER = {"local": 0.7, "aws": 1.0, "gcp": 1.32, "azure": 2.4}


def estimate(value: float, spread: float = 0.04) -> dict[str, float]:
    return {"value": value, "low": value * (1 - spread), "high": value * (1 + spread)}


def cell(
    part: str, target: str, workload: str, way: str, metric: str, value: float, n: int = 200, **more: Any
) -> dict[str, Any]:
    quantiles = {"0.5": estimate(value), "0.9": estimate(value * 1.4, 0.1), "0.95": estimate(value * 1.7, 0.15)}
    if n >= 100:
        quantiles["0.99"] = (
            estimate(value * 2.6, 0.3) if n >= 400 else {"value": value * 2.6, "low": None, "high": None}
        )
    found = {"part": part, "target": target, "workload": workload, "way": way, "metric": metric, "n": n, "void": ""}
    return {**found, "min": value * 0.8, "max": value * 4.1, "quantiles": quantiles, **more}


def made() -> dict[str, Any]:
    """Anew each time, so that a test may change it."""
    chance = Random(3)
    cells = [
        cell(
            "warm",
            target,
            name,
            "trefoil",
            "took_s",
            ms * _SLOWER[target] * chance.uniform(0.8, 1.2) / 1000,
            50 if name == "settlement" else 400,
        )
        for name, ms in _WARM_MS.items()
        for target in TARGETS
    ]
    void = {"void": VOID, "min": None, "max": None, "quantiles": {}}
    cells = [{**one, **void} if (one["target"], one["workload"]) == ("gcp", "schedule") else one for one in cells]
    for kind, sizes in {
        "answer": ("1 KB", "64 KB", "1 MiB", "4 MiB"),
        "put": ("1 KB", "64 KB", "1 MiB", "4 MiB"),
        "rows": ("1,000", "100,000", "1,000,000"),
    }.items():
        for step, size in enumerate(sizes):
            cells += [
                cell(
                    "sweep",
                    t,
                    f"{kind} {size}",
                    "trefoil",
                    "took_s",
                    0.004 * 4**step * _SLOWER[t] * (1 + (kind == "rows") * 9),
                    60,
                )
                for t in TARGETS
            ]
    tax = []
    for target, ways in WAYS.items():
        for workload in ("hello", "read"):
            base = {
                "cold_s": 0.041 if workload == "hello" else 0.21,
                "warm_s": 0.00072 if workload == "hello" else 0.0031,
            }
            times = {
                "native": 1.0,
                "trefoil": chance.uniform(1.05, 1.4),
                "fastapi": 2.1,
                "powertools": 1.3,
                "flask": 1.25,
            }
            colder = {
                "native": 1.0,
                "trefoil": chance.uniform(1.5, 2.5),
                "fastapi": 6.4,
                "powertools": 2.9,
                "flask": 2.2,
            }
            for way in ways:
                more = {
                    "import_s": base["cold_s"] * colder[way] - 0.02,
                    "warm_cpu_s": base["warm_s"] * 0.8 * times[way],
                    "modules": 110 * colder[way],
                }
                sizes = {"peak_mib": 38 + 9 * colder[way], "package_mib": 4.2 * colder[way]}
                for metric, value in {
                    "cold_s": base["cold_s"] * colder[way],
                    "warm_s": base["warm_s"] * times[way],
                    **more,
                    **sizes,
                }.items():
                    cells.append(
                        cell(
                            "tax",
                            target,
                            workload,
                            way,
                            metric,
                            value * _SLOWER[target],
                            2000 if metric == "warm_s" else 30,
                        )
                    )
                for metric, by in (("cold_s", colder), ("warm_s", times)):
                    if way != "native":
                        tax.append(
                            {
                                "target": target,
                                "workload": workload,
                                "metric": metric,
                                "way": way,
                                "of": "native",
                                "ratio": estimate(by[way]),
                            }
                        )
                    if way not in ("native", "trefoil"):
                        ratio = estimate(by["trefoil"] / by[way])
                        tax.append(
                            {
                                "target": target,
                                "workload": workload,
                                "metric": metric,
                                "way": "trefoil",
                                "of": way,
                                "ratio": ratio,
                            }
                        )
    return {
        "manifest": _manifest(),
        "cells": cells,
        "tax": tax,
        "differences": [
            _difference(name, a, b)
            for name in _WARM_MS
            for place, a in enumerate(TARGETS)
            for b in TARGETS[place + 1 :]
        ],
        "load": [_load(target, request) for request in ("hello", "read of a month") for target in TARGETS],
        "round_trips": {target: {"machine": "made up", "commits": 500, "operations": _OPERATIONS} for target in CLOUDS},
        "costs": _costs(),
        "beside": _BESIDE,
    }


def _manifest() -> dict[str, Any]:
    return {
        "revision": "abc1234",
        "dirty": False,
        "kind": "full",
        "begun": "2026-11-27T20:00:00Z",
        "ended": "2026-11-27T22:10:00Z",
        "notice": "local runtimes, not cloud latency",
        "machine": {
            "cpu": "Made-up CPU at 2 GHz",
            "cores": 2,
            "memory_gib": 7.6,
            "system": "Linux 6.1",
            "python": "3.11.7",
        },
        "versions": {"aws": {"awslambdaric": "4.0.0", "fastapi": "0.120.0"}, "gcp": {"functions-framework": "3.10.0"}},
        "targets": {
            "aws": "awslambdaric behind ministack, on this machine",
            "gcp": "functions-framework, on this machine",
        },
        "prices": {"file": "bench/prices.json", "sha256": "0" * 64, "date": "2026-11-26"},
    }


def _difference(name: str, a: str, b: str) -> dict[str, Any]:
    found = {
        "part": "warm",
        "workload": name,
        "metric": "took_s",
        "a": a,
        "b": b,
        "n": 400,
        "confidence": 0.95 + 0.05 * 53 / 54,
    }
    if name == "settlement":
        return {**found, "n": 5, "median_s": 0.1, "low_s": None, "high_s": None, "verdict": "n too small"}
    if (a, b) == ("aws", "gcp"):
        return {
            **found,
            "median_s": 0.00002,
            "low_s": -0.0001,
            "high_s": 0.00013,
            "verdict": "no significant difference",
        }
    by = _WARM_MS[name] / 1000 * (_SLOWER[b] - _SLOWER[a])
    return {**found, "median_s": by, "low_s": by * 0.9, "high_s": by * 1.1, "verdict": f"{a} less"}


def _load(target: str, request: str) -> dict[str, Any]:
    held = round((420 if request == "hello" else 60) / _SLOWER[target])
    steps = []
    for share, kind in ((0.25, "search"), (0.5, "search"), (1, "held"), (1.25, "search"), (2, "twice")):
        sent = int(held * share * 10)
        refused = sent // 3 if share == 2 else 0
        p99 = 6 * _SLOWER[target] * 4**share * (20 if share > 1 else 1)
        counts = {"sent": sent, "dropped": 0, "answered": sent - refused, "refused": refused, "failed": 0}
        steps.append({"rate": held * share, "kind": kind, **counts, "p50_ms": p99 / 5, "p99_ms": p99})
    return {"target": target, "request": request, "held_rate": held, "steps": steps}


_OPERATIONS = {
    "hello": {"total": 0, "chain": 0, "kinds": {}, "cpu_ms": 0.2},
    "login": {"total": 3, "chain": 2, "kinds": {"GET": 2, "PUT": 1}, "cpu_ms": 24.0},
    "readings of a month, table of 500 commits, first": {"total": 16, "chain": 5, "kinds": {"GET": 16}, "cpu_ms": 12.5},
    "ingest of 1,000 rows, table of 500 commits, again": {
        "total": 12,
        "chain": 10,
        "kinds": {"GET": 8, "HEAD": 1, "PUT": 3},
        "cpu_ms": 44.0,
    },
}


def _costs() -> dict[str, Any]:
    million = {}
    for place, operation in enumerate(
        ("hello", "login", "readings of a month", "ingest of 1,000 rows", "settlement of a month")
    ):
        million[operation] = {}
        for target in CLOUDS:
            parts = {
                "compute": 0.4 * 3**place,
                "requests": 1.2,
                "store": 1.1 * 4**place - 1.1,
                "logs": 0.0004 * 4**place,
                "transfer": 0.0,
            }
            if place > 2:
                parts |= {"queue": 1.2, "workflow": 25.0 * (place - 2)}
            scaled = {part: price * _SLOWER[target] for part, price in parts.items()}
            million[operation][target] = {"total": sum(scaled.values()), "parts": scaled}
    year = {
        "compute": 1.9,
        "requests": 0.4,
        "store": 0.62,
        "queue": 0.1,
        "workflow": 0.02,
        "logs": 0.004,
        "storage": 0.11,
    }
    return {
        "assumptions": {
            "left_out": ["cold starts", "taxes"],
            "request_ms": {"value": 20, "says": "ms of a request to the store; made up"},
            "log_bytes": {"value": {"aws": 800, "gcp": 1600, "azure": 2500.5}, "says": "of an invocation; made up"},
        },
        "prices": {
            "date": "2026-11-26",
            "sha256": "0" * 64,
            "to_confirm": ["aws: api gateway request", {"cloud": "gcp", "item": "vCPU second"}],
        },
        "million": million,
        "customer_year": {
            target: {
                "total": sum(year.values()) * _SLOWER[target],
                "with_free_tier": 0.0 if target == "aws" else 0.41,
                "parts": {part: price * _SLOWER[target] for part, price in year.items()},
                "what": {
                    "operations": {"ingest of 1,200 rows": 8_760, "settlement of a month": 12},
                    "answered_gb": 0.25 * _SLOWER[target],
                },
            }
            for target in CLOUDS
        },
        "monthly": {"aws": {}, "gcp": {"load balancer rule": 18.0}, "azure": {"Front Door Standard": 35.0}},
    }


_BESIDE = {
    "ingest": {
        "machine": "made up",
        "rows": 10_512_000,
        "contenders": {
            "Trefoil ingest": {"wall_s": 3.3, "cpu_s": 3.2, "peak_mib": 175.0, "n": 5},
            "DuckDB COPY": {"wall_s": 1.5, "cpu_s": 2.7, "peak_mib": 438.0, "n": 5},
        },
    },
    "formats NEM12": {
        "machine": "made up",
        "rows": 2_522_880,
        "contenders": {
            "Trefoil": {"wall_s": 1.8, "cpu_s": 1.7, "peak_mib": 224.0, "n": 5},
            "nemreader": {"wall_s": 13.2, "cpu_s": 13.3, "peak_mib": 721.0, "n": 5},
            "aemo-mdff-reader": {"wall_s": 2.3, "cpu_s": 2.3, "peak_mib": 525.0, "n": 5},
        },
    },
    "query a point's year": {
        "machine": "made up",
        "contenders": {
            "Trefoil": {"wall_s": 0.066, "cpu_s": 0.06, "peak_mib": None, "n": 5},
            "DuckDB": {"wall_s": 0.094, "cpu_s": 0.1, "n": 5},
        },
    },
}
