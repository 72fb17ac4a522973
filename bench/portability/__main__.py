"""`nox -s bench`, `nox -s bench -- --quick`: the portability benchmark, in one interleaved run. See bench/README.md."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from functools import cached_property
from getpass import getpass
from pathlib import Path
from typing import Any

import msgspec

from bench.measure import OUT
from bench.portability import beside, costs, load, manifest, markdown, page, prices, rounds, tax, terminal
from bench.portability.assumptions import Assumptions
from bench.portability.plan import PARTS, PLANS, Plan
from bench.portability.samples import Journal, kept
from bench.portability.shape import read
from bench.portability.summary import summary
from bench.portability.targets import Target, Wrong, deployed, local
from bench.portability.wording import voids
from bench.portability.workloads import SWEEPS, WARM, Run, clear, prepare
from tools.package import ROOT

CLOUDS = ("aws", "gcp", "azure")
MANIFEST = "manifest.json"
PROVIDERS = ("local", *CLOUDS)


class Given(argparse.Namespace):
    """What was asked for."""

    quick: bool
    providers: list[str]
    target: list[str]
    user: str | None
    parts: list[str]
    resume: Path | None
    report: Path | None
    python: list[str]

    @property
    def runtimes(self) -> list[str]:
        """Those that answer on this machine: of each provider that is not a deployed stack in this run."""
        instead = {one.partition("=")[0] for one in self.target}
        return [name for name in self.providers if name not in instead]

    @cached_property
    def password(self) -> str:
        """Of the deployed stacks' user."""
        return os.environ.get("TREFOIL_PASSWORD") or getpass(f"Password of {self.user}: ")

    @property
    def pythons(self) -> dict[str, str]:
        """Each provider's environment."""
        return dict(one.split("=", 1) for one in self.python)


def say(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    given = _given(arguments)
    if given.report:
        return _report(given.report)
    plan, folder = _folder(given)
    _leave_out(given)
    say(f"{plan.kind} run into {folder}; interrupted, it goes on with: nox -s bench -- --resume {folder}")
    began = time.monotonic()
    try:
        _measure(given, plan, folder)
    except KeyboardInterrupt:
        and_on = f"What was measured is kept; go on with: nox -s bench -- --resume {folder}"
        say(f"interrupted. {and_on if (folder / MANIFEST).exists() else 'Nothing was measured yet.'}")
        return 130
    except Wrong as error:
        raise SystemExit(str(error)) from None
    say(f"measured in {time.monotonic() - began:.0f} s")
    return _report(folder)


def _given(arguments: Sequence[str] | None) -> Given:
    parser = argparse.ArgumentParser(
        prog="nox -s bench --", description="What each provider costs, and what portability itself does."
    )
    parser.add_argument("--quick", action="store_true", help="within three minutes: few samples, and no million rows")
    parser.add_argument(
        "--providers", type=_listed, default=list(PROVIDERS), help="whose runtimes on this machine (default: all; none)"
    )
    parser.add_argument(
        "--target", action="append", default=[], metavar="NAME=URL", help="a deployed stack instead of its runtime"
    )
    parser.add_argument("--user", help="of the deployed stacks, who may do everything; TREFOIL_PASSWORD or asked")
    parser.add_argument("--parts", type=_listed, default=list(PARTS), help="some of: " + ",".join(PARTS))
    parser.add_argument("--resume", type=Path, metavar="FOLDER", help="go on with an interrupted run")
    parser.add_argument(
        "--report", type=Path, metavar="FOLDER", help="only make summary and page anew from its samples"
    )
    parser.add_argument("--python", action="append", default=[], metavar="NAME=PATH", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments, Given())
    for wanted, known in ((given.providers, PROVIDERS), (given.parts, PARTS)):
        if unknown := set(wanted) - set(known):
            parser.error(f"{', '.join(sorted(unknown))} is none of {', '.join(known)}")
    if given.target and not given.user:
        parser.error("give --user, who may read, upload, export, settle, change settings and delete on every account")
    if bad := [one for one in given.target if one.partition("=")[0] not in CLOUDS or "://" not in one]:
        parser.error(f"{bad[0]!r} is no target such as aws=https://...; clouds: {', '.join(CLOUDS)}")
    return given


def _leave_out(given: Given) -> None:
    """What this machine lacks the Python 3.13 for, in which packages and Azure's worker run; it is said."""
    if lacking := [one for one in given.providers if one not in given.pythons]:
        say(f"left out, since there is no Python 3.13: {', '.join(lacking)}, and the part tax")
        given.providers = [one for one in given.providers if one in given.pythons]
        given.parts = [one for one in given.parts if one != "tax"]


def _listed(text: str) -> list[str]:
    return [] if text == "none" else text.split(",")


def _folder(given: Given) -> tuple[Plan, Path]:
    """The plan and folder of a new run, or of one that goes on, which has to be of the same code."""
    if given.resume is None:
        plan = PLANS["quick" if given.quick else "full"]
        folder = OUT / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{plan.kind}"
        folder.mkdir(parents=True)
        return plan, folder
    if (given.resume / "samples.jsonl.gz").exists():
        raise SystemExit(f"{given.resume} is over, and its samples are compressed; begin a new run")
    held = _manifest(given.resume)
    if (held["revision"], held["changes"]) != manifest.code():
        raise SystemExit(
            f"{given.resume} was begun with the code of {held['revision']}{' and changes' if held['dirty'] else ''}, "
            "and this is another: check that out, or begin a new run"
        )
    given.quick, given.providers, given.parts = (
        held["kind"] == "quick",
        held["asked"]["providers"],
        held["asked"]["parts"],
    )
    given.target, given.user = held["asked"]["targets"], held["asked"]["user"]
    return PLANS[held["kind"]], given.resume


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / MANIFEST).read_text()))
    except FileNotFoundError:
        raise SystemExit(f"{folder} has no {MANIFEST}: nothing was measured there; begin a new run") from None


def _measure(given: Given, plan: Plan, folder: Path) -> None:
    journal = Journal(folder / "samples.jsonl")
    asked = {"warm", "sweep"} & set(given.parts)
    if asked or not (folder / MANIFEST).exists():
        with ExitStack() as open_:
            say("starting " + ", ".join([*given.runtimes, *given.target]))
            runs = _runs(given, open_)
            _note(given, plan, folder, [run.target for run in runs])
            if asked:
                say("sending the readings that are asked for")
                with ThreadPoolExecutor() as pool:
                    list(pool.map(prepare, runs))
                _workloads(given, plan, journal, runs)
    if "load" in given.parts:
        _load(given, plan, folder)
    clouds = [one for one in given.providers if one in CLOUDS]
    if "tax" in given.parts:
        tax.measure(journal, clouds, plan.tax_rounds, plan.tax_warm, ROOT / "build" / "bench", say, given.pythons)
    if plan.commits and "trips" in given.parts:
        for provider in clouds:
            _trips(given, plan, folder, provider)
    for name in plan.besides if "beside" in given.parts else ():
        if not beside.has(name, folder):
            say(f"beside others: {name}")
            beside.measured(name, plan.beside, folder)
    held = _manifest(folder)
    if (held["revision"], held["changes"]) != manifest.code():
        raise SystemExit(f"the code was changed while it was measured: {folder} is of no one code; begin a new run")
    (folder / MANIFEST).write_text(json.dumps({**held, "ended": manifest.now()}, indent=2) + "\n")


def _runs(given: Given, open_: ExitStack) -> list[Run]:
    """The systems: those of this machine are new, started at once; what is made in deployed ones has names of its own."""
    mark = f"{datetime.now(UTC):%m%d%H%M%S}"
    with ThreadPoolExecutor() as pool:
        targets = list(pool.map(open_.enter_context, _systems(given).values()))
    found = [Run(target, "" if target.bed else mark) for target in targets]
    for run in found:
        if run.target.bed is None:
            open_.callback(clear, run)
    return found


def _systems(given: Given) -> dict[str, AbstractContextManager[Target]]:
    """Each system of the run by its provider, not started yet."""
    found: dict[str, AbstractContextManager[Target]] = {
        name: local(name, given.pythons[name]) for name in given.runtimes
    }
    for name, _, url in (one.partition("=") for one in given.target):
        found[name] = deployed(name, url, given.user or "", given.password)
    return found


def _note(given: Given, plan: Plan, folder: Path, targets: Sequence[Target]) -> None:
    """Write the manifest of a run that begins; one that goes on keeps its own."""
    path = folder / MANIFEST
    if path.exists():
        return
    asked = {"providers": given.providers, "parts": given.parts, "targets": given.target, "user": given.user}
    held = manifest.begun(plan.kind, {one.name: one.kind for one in targets})
    versions = {one.name: dict(one.versions) for one in targets}
    path.write_text(json.dumps({**held, "versions": versions, "asked": asked}, indent=2) + "\n")


def _workloads(given: Given, plan: Plan, journal: Journal, runs: Sequence[Run]) -> None:
    for workload in (*WARM, *SWEEPS):
        if workload.part in given.parts and plan.rounds(workload):
            say(f"{workload.name}: {workload.title}; {plan.rounds(workload)} rounds")
            rounds.measure(journal, runs, workload, plan.rounds(workload), plan.warm_up, say)


def _load(given: Given, plan: Plan, folder: Path) -> None:
    """Each system by itself, just started: what others do beside it, or it did for an hour, would be in its figures."""
    path = folder / "load.jsonl"
    done = {(one["target"], one["request"]) for one in _loads(folder)}
    for name, system in _systems(given).items():
        wanted = [request for request in plan.load_requests if (name, request) not in done]
        if not wanted or (plan.load_targets and name not in plan.load_targets):
            continue
        with system as target:
            for request in wanted:
                found = load.measure(target, request, plan.load_seconds, say)
                with path.open("a") as stream:
                    stream.write(json.dumps(found) + "\n")


def _loads(folder: Path) -> list[Any]:
    path = folder / "load.jsonl"
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]  # the last may have been cut


def _trips(given: Given, plan: Plan, folder: Path, provider: str) -> None:
    path = folder / f"requests-{provider}.json"
    if not path.exists():
        say(f"requests to the store of {provider}, on a table of {plan.commits} commits")
        command = [given.pythons[provider], "-m", "bench.requests", provider]
        command += ["--commits", str(plan.commits), "--out", str(path)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": "."})


def _report(folder: Path) -> int:
    """Write summary, page and tables of what is in the folder, and print the tables; 1 where a cell is void."""
    samples = kept(folder)
    trips = {one.provider: one for one in map(costs.counted, sorted(folder.glob("requests-*.json")))}
    found: dict[str, Any] = {
        "manifest": _manifest(folder),
        **summary(samples),
        "load": _loads(folder),
        "round_trips": msgspec.to_builtins(trips),
        "beside": beside.summary(folder),
    }
    if trips:
        counts = {provider: one.operations for provider, one in trips.items()}
        listed = prices.load()
        found["costs"] = msgspec.to_builtins(costs.of(counts, listed, Assumptions()))
        found["manifest"]["prices"] = {"file": "bench/prices.json", "sha256": listed.sha256, "date": listed.date}
    (folder / "summary.json").write_text(json.dumps(found, indent=1) + "\n")
    page.write(found, folder / "report.html")
    markdown.write(found, folder / "README.md")
    print(terminal.table(found))
    print(f"\nraw samples, summary, page and tables: {folder}/samples.jsonl, summary.json, report.html, README.md")
    void = voids(read(found))
    for one in void:
        print(f"VOID: {one}", file=sys.stderr)
    return 1 if void else 0


if __name__ == "__main__":
    sys.exit(main())
