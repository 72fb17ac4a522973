"""What lies in the store's folder, file by file: each belongs to something that is there, or is an orphan."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from adapters.local.invoke import invoke
from core.energy.settlement import batches
from tests.contract.system import PRODUCT
from tests.faults.crash import judge
from tests.faults.crash.work import FRIEND, STILL, USER, Clients

AGE = 15 * 86_400
"""Seconds: more than exports, letters and unused files of readings are kept."""
BESIDE = ("store", "signing-keys.pem", "signing-keys.lock")
"""What lies in the folder of the data."""
_ALWAYS = re.compile(
    r"accounts/\w+\.json|settings/\w+\.json|(users|grants|products)/[\w-]+\.json|schedules/\w+\.json"
    r"|forecasts/\w+\.json|forecast-runs/[\d-]+\.json|\.locks/[0-9a-f]{2}|\.queues/jobs\.sqlite3"
    r"|\.workflows/settle\.sqlite3|batches/[\w-]+\.json"
)


def check(clients: Clients) -> None:
    """Raises `AssertionError` naming each file that nothing needs, when two weeks and the upkeep have passed.

    The servers are begun anew by whoever calls this: files were made older below them.
    """
    services = clients.servers.services()
    invoke(services, "maintain", {})
    judge.wait_until_quiet(clients)
    for batch in clients.ledger.batches:  # what its killed command did not come to, the upkeep asked for
        progress = batches.progress(services.documents, batch)
        assert progress is None or not batches.open_(progress), f"{batch} goes on for ever: {progress}"
    found = sorted(_orphans(clients))
    assert not found, f"{len(found)} files that nothing needs, nor takes away: {found[:20]}"
    beside = sorted(path.name for path in clients.servers.data.iterdir() if path.name not in BESIDE)
    assert not beside, f"beside the store lie {beside}"
    left = sorted(path.name for path in clients.servers.scratch.iterdir())
    assert not left, f"temporary files of processes that were killed: {left}"


def make_older(store: Path) -> None:
    """Let two weeks pass for all files but those that customers sent, whose times say which one is the later."""
    then = time.time() - AGE
    for path in files(store):
        if path.relative_to(store).parts[0] != "incoming":
            with suppress(FileNotFoundError):
                os.utime(path, (then, then))


def files(store: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(store):
        yield from (Path(folder, name) for name in names)


def _orphans(clients: Clients) -> Iterator[str]:
    store, ledger = clients.servers.store, clients.ledger
    known = {STILL} | set(judge.accounts(clients)) | {account for account, living in ledger.deleted.items() if living}
    needed = set(_needed(clients, known))
    people = {f"{folder}/{user}.json" for folder in ("users", "grants") for user in (USER, FRIEND)}
    for path in files(store):
        name = path.relative_to(store).as_posix()
        parts = name.split("/")
        if name in needed or name in people or name == f"products/{PRODUCT['id']}.json":
            continue
        if (
            parts[0] in ("users", "grants", "products")
            or not _ALWAYS.fullmatch(name)
            or (parts[0] in ("accounts", "settings") and parts[1].removesuffix(".json") not in known)
        ):
            yield name


def _needed(clients: Clients, known: set[str]) -> Iterator[str]:
    """The paths of what something that is there refers to."""
    store, ledger = clients.servers.store, clients.ledger
    yield from ledger.drops
    yield from (upload.key for upload in ledger.uploads)
    yield from (path.relative_to(store).as_posix() for path in (store / ".scratch").glob("*.lock"))
    yield f"incoming/{STILL}/month.csv"
    for account in known:
        for path in (store / "ingestions" / account).glob("*.json"):
            yield path.relative_to(store).as_posix()
            report = json.loads(path.read_bytes())
            if report["rejects_key"]:
                yield report["rejects_key"]
        yield from _table(store, account)
        yield from _trades(store, account)
    for run in (store / "runs" / "settle" / STILL).glob("*.json"):
        yield run.relative_to(store).as_posix()
        for folder in (store / "steps" / "settle" / STILL / run.stem, store / "settlements" / STILL):
            yield from (
                path.relative_to(store).as_posix()
                for path in files(folder)
                if run.stem in path.as_posix() and "#" not in path.name
            )
    yield from (path.relative_to(store).as_posix() for path in (store / "settlements" / STILL).glob("*/[0-9]*.json"))


def _table(store: Path, account: str) -> Iterator[str]:
    """The entries of a table's log, its checkpoints, and the files that the entries name, also those taken out."""
    folder = store / "readings" / account
    for path in (folder / "_delta_log").glob("*"):
        name = path.relative_to(store).as_posix()
        if re.fullmatch(r"\d{20}\.json", path.name):
            yield name
            for line in path.read_text().splitlines():
                action = json.loads(line)
                for kind in ("add", "remove"):
                    if kind in action:
                        yield f"readings/{account}/{action[kind]['path']}"
        elif re.fullmatch(r"\d{20}\.checkpoint\.parquet|_last_checkpoint", path.name):
            yield name


def _trades(store: Path, account: str) -> Iterator[str]:
    """Trades that are listed, and the keys that were claimed for one: each key is of one trade that was asked for."""
    for path in (store / "trades" / account).glob("*/*.json"):
        yield path.relative_to(store).as_posix()
