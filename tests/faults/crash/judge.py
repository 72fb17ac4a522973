"""What must hold when all is quiet again, whatever was killed: by the API, by the table, and by the store's folders."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
from deltalake import DeltaTable, QueryBuilder

from adapters.local.queue import SqliteQueues
from adapters.local.workflows import SqliteWorkflows
from core.kernel import dead_letters
from core.kernel.dead_letters import DeadLetters
from core.kernel.services import Services
from tests.contract.system import SITES
from tests.faults.crash.files import KWH, SETTLED, TOTAL, Arrived, MeterFile, winners
from tests.faults.crash.work import FRIEND, STILL, Clients, Ledger
from tools.waiting import eventually


def wait_until_quiet(clients: Clients) -> None:
    """Until every file has its report, and no job and no run waits. What died of its kills alone is replayed."""
    services = clients.servers.services()
    eventually("the end of every job and run", lambda: _idle(services, clients.ledger))
    wanted = {key for key, _ in _expected(clients)}
    for account in accounts(clients):
        missing = {key for key in wanted if key.split("/")[1] == account}
        if missing:
            eventually(
                f"reports of {len(missing)} files of {account}",
                lambda account=account, missing=missing: missing <= {one["key"] for one in _current(clients, account)},  # type: ignore[misc]
                every=0.3,
            )
    eventually("the end of every job and run", lambda: _idle(services, clients.ledger))


def accounts(clients: Clients) -> list[str]:
    """Those that must be there: whose files came, and who were not deleted since."""
    return sorted({key.split("/")[1] for key, _ in _expected(clients)})


def judge(clients: Clients) -> None:
    """Raises `AssertionError` saying what was lost, doubled, or is stuck."""
    _check_reports(clients)
    held = {account: _check_table(clients, account) for account in accounts(clients) if account != STILL}
    _check_trades(clients)
    _check_grants(clients)
    _check_exports(clients, held)
    _check_settlements(clients)
    for site in SITES:
        assert clients.get(f"/api/forecasts/{site}")["site"] == site
    for account, living in clients.ledger.deleted.items():
        status = clients.until("GET", f"/api/accounts/{account}/ingestions", [200, 404]).status_code
        assert status == (200 if living else 404), f"{account}, deleted{' and made again' * living}: {status}"


def _expected(clients: Clients) -> list[tuple[str, MeterFile]]:
    """The files that must be read: those that were taken, and of those given up the ones that are there."""
    ledger, store = clients.ledger, clients.servers.store
    found = [(key, file) for key, (_, file) in ledger.drops.items()]
    for upload in ledger.uploads:
        path = store / upload.key
        if upload.certain or path.exists():
            assert path.read_bytes() == upload.file.content, f"{upload.key} is not what was sent"
            found.append((upload.key, upload.file))
    return found


def _created(clients: Clients, key: str) -> int:
    """When an object was created, in microseconds since 1970."""
    return (clients.servers.store / key).stat().st_mtime_ns // 1000


def _reports(clients: Clients, account: str) -> list[dict[str, Any]]:
    return clients.pages(f"/api/accounts/{account}/ingestions", "ingestions")


def _current(clients: Clients, account: str) -> list[dict[str, Any]]:
    """The reports of files as they are there now."""
    found = []
    for report in _reports(clients, account):
        path = clients.servers.store / report["key"]
        if path.exists() and _microseconds(report["created"]) == _created(clients, report["key"]):
            found.append(report)
    return found


def _check_reports(clients: Clients) -> None:
    files = dict(_expected(clients))
    for account in accounts(clients):
        reports = _reports(clients, account)
        doubled = [one for one, count in Counter((r["key"], r["created"]) for r in reports).items() if count > 1]
        assert not doubled, f"several reports of one file: {doubled}"
        for report in _current(clients, account):
            if (file := files.get(report["key"])) is None:
                continue  # the month of the settled account
            counts = (report["status"], report["rows"], report["accepted"], report["rejected"])
            assert counts == ("accepted", file.rows, len(file.readings), file.rejected), f"a report is wrong: {report}"
        missing = [key for key in files if key.split("/")[1] == account and key not in {r["key"] for r in reports}]
        assert not missing, f"files without a report: {missing}"
        ids = {report["key"]: report["id"] for report in reports}
        for upload in clients.ledger.uploads:
            if upload.certain and upload.account == account:
                assert ids[upload.key] == upload.ingestion, f"{upload} has the report {ids[upload.key]}"


def _check_table(clients: Clients, account: str) -> list[tuple[Any, ...]]:
    """Every reading of the account is in its table once, and is the one that wins; returns them."""
    prefix = f"incoming/{account}/"
    arrived = [
        Arrived(key.removeprefix(prefix), _created(clients, key), file)
        for key, file in _expected(clients)
        if key.startswith(prefix)
    ]
    wanted = sorted((*slot, *won) for slot, won in winners(arrived).items())
    table = DeltaTable(str(clients.servers.store / "readings" / account))
    columns = "point, channel, start, version, value, quality"
    rows = QueryBuilder().register("readings", table).execute(f"SELECT {columns} FROM readings").read_all()
    found = sorted(zip(*(rows.column(number).to_pylist() for number in range(6)), strict=True))
    assert found == wanted, (
        f"{account}: {len(found)} readings in the table, {len(wanted)} expected; "
        f"only there: {sorted(set(found) - set(wanted))[:3]}; missing: {sorted(set(wanted) - set(found))[:3]}"
    )
    points = clients.get(f"/api/accounts/{account}/points")["points"]
    told = sum(point["rows"] for point in points)
    assert told == len(wanted), f"{account}: {told} readings by its points, {len(wanted)} expected: {points}"
    clients.ledger.counts["readings judged"] += len(wanted)
    return found


def _check_trades(clients: Clients) -> None:
    for account in {trade.account for trade in clients.ledger.trades}:
        asked = {trade.kwh: trade for trade in clients.ledger.trades if trade.account == account}
        listed = clients.pages(f"/api/accounts/{account}/trades", "trades")
        counts = Counter(trade["kwh"] for trade in listed)
        assert set(counts.values()) <= {1}, f"{account}: a trade was placed twice: {counts}"
        assert set(counts) <= set(asked), f"{account}: nobody placed {set(counts) - set(asked)}"
        by_kwh = {trade["kwh"]: trade for trade in listed}
        for kwh, trade in asked.items():
            if trade.answer is not None:
                assert by_kwh.get(kwh) == trade.answer, (
                    f"{account}: {trade.answer} was placed, {by_kwh.get(kwh)} listed"
                )


def _check_grants(clients: Clients) -> None:
    held = {grant["resource"] for grant in clients.get(f"/api/users/{FRIEND}/grants")["grants"]}
    for resource, possible in clients.ledger.grants.items():
        assert (resource in held) in possible, f"{resource} is granted: {resource in held}, and may be {possible}"
    assert held <= set(clients.ledger.grants), f"nobody granted {held - set(clients.ledger.grants)}"


def _check_exports(clients: Clients, held: dict[str, list[tuple[Any, ...]]]) -> None:
    """Every export is done, and its file has each slot once; one that is asked for now has what the table has."""
    last: dict[str, tuple[Any, ...]] = {}
    for account, export in clients.ledger.exports:
        told = clients.get(f"/api/accounts/{account}/exports/{export}")
        assert told["status"] == "done", f"an export that is not done: {told}"
        target = httpx.URL(told["download"]["url"]).raw_path.decode()
        reply = clients.once("GET", target)
        assert reply is not None
        assert (reply.status_code, len(reply.content)) == (200, told["bytes"]), f"{export}: {reply}"
        lines = [line.split(",") for line in reply.text.splitlines()[1:]]
        slots = Counter((line[0], line[1], line[2], line[4]) for line in lines)
        assert len(lines) == told["rows"], f"{export}: {len(lines)} rows, and {told['rows']} are told"
        assert not slots or max(slots.values()) == 1, f"{export}: a reading is there twice: {slots.most_common(1)}"
        last[account] = tuple(
            sorted(
                (line[0], line[1], datetime.fromisoformat(line[2]), int(line[4]), Decimal(line[5]), line[7])
                for line in lines
            )
        )
    for account in set(last) & set(held):
        assert list(last[account]) == held[account], f"{account}: the last export is not what the table has"


def _check_settlements(clients: Clients) -> None:
    """Every run has ended; the month is settled once, to the cent."""
    shown = clients.get(f"/api/accounts/{STILL}/settlements")
    for run in shown["runs"]:
        well = run["state"] == "done" or (run["error"] or {}).get("code") == "conflict"
        assert well, f"a run that did not end well: {run}"
    known = {run["id"] for run in shown["runs"]}
    if len(known) < 100:  # what a list shows at most
        assert known >= set(clients.ledger.settlements), "a run that was asked for is not there"
    versions = [one["version"] for one in shown["settlements"]]
    assert versions == [1], f"{SETTLED} was settled as versions {versions}"
    done = next(run for run in shown["runs"] if run["state"] == "done")
    result = clients.get(f"/api/accounts/{STILL}/settlements/{done['id']}")["result"]
    assert (Decimal(result["import_kwh"]), Decimal(result["total"])) == (KWH, TOTAL), f"settled wrongly: {result}"


def _idle(services: Services, ledger: Ledger) -> bool:
    """Whether no job and no run waits; a job that died of its kills alone is replayed, as an operator would."""
    letters = list(DeadLetters(services.documents, services.clock).every())
    for letter in letters:
        by_kills = letter["function"] == "jobs" and "the process died in its attempts" in str(letter)
        assert by_kills, f"a dead letter that is not of a kill: {letter}"
        dead_letters.replay(services, letter)
        ledger.counts["jobs killed in all their attempts, and replayed"] += 1
    queues, runs = services.queues, services.workflows
    assert isinstance(queues, SqliteQueues)
    assert isinstance(runs, SqliteWorkflows)
    return not letters and not len(queues.named("jobs")) and not len(runs.named("settle"))


def _microseconds(text: str) -> int:
    moment = datetime.fromisoformat(text)
    whole = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (whole.days * 86_400 + whole.seconds) * 1_000_000 + whole.microseconds
