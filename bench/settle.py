"""Settling a month of many accounts of 25 points each, by the command `trefoil settle --all`, on one machine."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from adapters.local import bootstrap
from bench import generate, measure
from core.energy.accounts import accounts
from core.energy.ingest.handler import created
from core.energy.trading import products
from core.kernel.events import ObjectCreated

MONTH = "2025-11"
AT_ONCE = 4
PRODUCT = {
    "id": "night",
    "name": "Night",
    "description": "",
    "currency": "GBP",
    "unit_rate": "0.31",
    "standing_charge": "0.6",
    "bands": [{"name": "night", "begin": "23:30", "end": "05:30", "rate": "0.07"}],
}
TASKS = {
    "validate": 1,
    "total": generate.POINTS,
    "gather": 1,
    "price": 1,
    "compare": 1,
    "csv": 1,
    "days": 1,
    "publish": 1,
}
"""The results that a run leaves where nothing is missing."""


def run(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="trefoil-bench-") as name:
        folder = Path(name)
        names = [f"A{number:04}" for number in range(count)]
        _fill(folder, names)
        command = ["-m", "adapters.local", "--folder", str(folder), "settle", "--month", MONTH, "--all"]
        taken = measure.process([*command, "--at-once", str(AT_ONCE), "--name", "bench"])
        _check(folder / "store", names)
        print(f"\n{count:,} accounts of {generate.POINTS} points, {AT_ONCE} at once. Local figures, not cloud latency.")
        print(f"{measure.machine()}\n\n| | wall s | CPU s | peak MiB | accounts a minute |\n|---|---|---|---|---|")
        print(f"| settle | {taken.wall:.0f} | {taken.cpu:.0f} | {taken.peak:.0f} | {60 * count / taken.wall:.0f} |")
        measure.save("settle", {"settle": [taken]}, accounts=count, points=generate.POINTS)


def _fill(folder: Path, names: list[str]) -> None:
    """The first account's file is ingested, and its table copied for the others."""
    base = "http://127.0.0.1:8000"
    quiet = {"TREFOIL_LOG_LEVEL": "ERROR"}
    services = bootstrap.services(bootstrap.environment(folder, base, quiet), base_url=base)
    store = folder / "store"
    products.save(services.documents, PRODUCT)
    key = f"incoming/{names[0]}/month.csv"
    (store / key).parent.mkdir(parents=True)
    starts = [f"2025-11-{day:02}T{half // 2:02}:{half % 2 * 30:02}:00Z" for day in range(1, 31) for half in range(48)]
    rows = [
        f"{point},{start},1,{number % 13 / 10}" for point in generate.points() for number, start in enumerate(starts)
    ]
    (store / key).write_text("\n".join(["point,start,version,kwh", *rows]) + "\n")
    created(services, ObjectCreated(key))
    for account in names:
        accounts.ensure(services.documents, account)
        services.documents.put(f"settings/{account}.json", {"contract": [{"product": "night", "from": "2025-01-01"}]})
        if account != names[0]:
            shutil.copytree(store / "readings" / names[0], store / "readings" / account)


def _check(store: Path, names: list[str]) -> None:
    """Every account has one settlement, all say the same, and each step was kept once."""
    totals = set()
    for account in names:
        (settled,) = (store / "settlements" / account / MONTH).glob("??????.json")
        totals.add(json.loads(settled.read_text())["total"])
        (run,) = (store / "steps" / "settle" / account).iterdir()
        kept = Counter(path.relative_to(run).parts[0].removesuffix(".json") for path in run.rglob("*.json"))
        assert kept == TASKS, (account, kept)
        (document,) = (store / "runs" / "settle" / account).glob("*.json")
        assert json.loads(document.read_text())["state"] == "done"
    assert len(totals) == 1, totals
