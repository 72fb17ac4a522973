"""What an operator asks of the company's system, for `trefoil status` and `trefoil trace`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from core.energy.accounts import accounts
from core.energy.exports import documents as exports
from core.energy.ingest import keys, reports
from core.energy.settlement import documents as settlements
from core.energy.settlement.job import WORKFLOW
from core.kernel.fetching import together
from core.kernel.operations import NEVER, Found, Line, line
from core.kernel.services import Services
from core.kernel.workflow import runs
from core.kernel.workflow.steps import Run

SEARCHED = 1000
"""Reports of an account."""


def status(services: Services) -> Iterator[Line]:
    """The newest ingestion and settlement of all accounts; each account's are listed, so of many it takes a while."""
    every = list(accounts.states(services.documents))
    going = sum(deleting for _, _, deleting in every)
    yield Line("accounts", f"{len(every)}" + (f", {going} of them being deleted" if going else ""))
    names = [name for name, _, _ in every]
    yield line("ingestion", lambda: _ingested(services, names))
    yield line("settlement", lambda: _settled(services, names))


def _ingested(services: Services, names: list[str]) -> str:
    newest = together(services.store, lambda name: reports.newest(services.documents, name), names)
    files = [(name, report) for name, report in zip(names, newest, strict=True) if report]
    if not files:
        return NEVER
    name, report = max(files, key=lambda one: datetime.fromisoformat(one[1]["created"]))
    counts = f"{report['rows']} rows, {report['rejected']} of them rejected"
    more = report["reason"] if report["status"] == reports.REFUSED else counts
    return f"{report['created']}, {name}, {report['name']}: {report['status']}, {more}"


def _settled(services: Services, names: list[str]) -> str:
    newest = together(services.store, lambda name: settlements.newest(services.documents, name), names)
    last = max(
        (one for one in newest if one is not None), key=lambda one: datetime.fromisoformat(one["settled"]), default=None
    )
    return (
        NEVER if last is None else f"{last['settled']}, {last['account']}, {last['month']}, version {last['version']}"
    )


def trace(services: Services, name: str) -> Iterator[Found]:
    """Ingestions, exports and settlements by an id, in whichever account they are; and ingestions by a file's key.

    Of a file that was dropped they are looked for among the newest `SEARCHED` reports of its account: its key has no
    id in it, as that of an upload has.
    """
    documents = services.documents
    ingestion = keys.ingestion(name) or name
    if name.startswith("incoming/") and ingestion == name:
        account = name.split("/")[1]
        reported = documents.page(reports.folder(account), limit=SEARCHED).found if account else []
        yield from (
            Found(f"{reports.folder(account)}/{place}.json", dict(one))
            for place, one in reported
            if one.get("key") == name
        )
        return
    if "/" in ingestion or not ingestion.isprintable():
        return
    paths = [
        path
        for account in accounts.names(documents)
        for path in (
            reports.path(account, ingestion),
            exports.path(account, ingestion),
            runs.path(Run(WORKFLOW, account, ingestion)),
        )
    ]
    found = zip(paths, documents.get_many(paths), strict=True)
    yield from (Found(path, dict(held.value)) for path, held in found if held is not None)
