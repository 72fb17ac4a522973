"""The `ingest` function: an object under `incoming/` to the account's readings table, and a report.

Delivery is at least once, unordered. What makes that harmless: the object's key and revision identify the ingestion;
its report says it is done; and the table itself records the ingestion in the commit that adds its rows. A crash
before the commit leaves nothing, a crash after it leaves only the report to be written again.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from shutil import rmtree
from typing import Any

from core.energy.accounts import accounts
from core.energy.ingest import keys, reports
from core.energy.ingest.intake import Intake, look_up
from core.energy.ingest.source import Gone
from core.energy.readings import sources
from core.energy.readings.table import ReadingsTable
from core.kernel import logs, telemetry
from core.kernel.clock import rfc3339
from core.kernel.documents import AlreadyExists, Documents
from core.kernel.events import ObjectCreated
from core.kernel.identifiers import ACCOUNT
from core.kernel.services import Services
from core.kernel.store import Store

log = logs.logger("ingest")

# obstore's client refuses such keys, though a bucket may hold them.
_UNADDRESSABLE = re.compile(r"(^|/)\.{0,2}(/|$)|[\x00-\x1f\x7f]")

SMALL = 1024 * 1024
"""Bytes up to which an object waits for others of its account, to take effect with them; a larger one comes after."""


@dataclass(slots=True)
class _Delivery:
    """One event on its way: the object that is read because of it, and the report, None, or what failed it.

    `check` raises `Gone` when the account is no longer the one for which the object came.
    """

    event: ObjectCreated
    account: str
    folder: Path
    intake: Intake | None = None
    check: Callable[[], None] = lambda: None
    result: dict[str, Any] | Exception | None = None


def created(services: Services, event: ObjectCreated) -> dict[str, Any] | None:
    """The handler of one event: see `ingest`."""
    return ingest(services.store, event)


def created_together(services: Services, events: Sequence[ObjectCreated]) -> list[Exception | None]:
    """The handler of several events: see `ingest_together`."""
    found = ingest_together(services.store, events)
    return [one if isinstance(one, Exception) else None for one in found]


def ingest(store: Store, event: ObjectCreated) -> dict[str, Any] | None:
    """Handle one event; returns the report, or None when there is nothing (more) to ingest at that key.

    Raises `TrefoilError(UNAVAILABLE)` when the store fails: deliver the event again. Everything that is wrong with the
    file itself ends in a report.
    """
    (found,) = ingest_together(store, [event])
    if isinstance(found, Exception):
        raise found
    return found


def ingest_together(store: Store, events: Sequence[ObjectCreated]) -> list[dict[str, Any] | Exception | None]:
    """Handle events as `ingest` does each; what failed one is given in its place.

    Of each account, what is small takes effect with one commit, where no reading is in two of the objects.
    """
    with tempfile.TemporaryDirectory(prefix="trefoil-") as name:
        deliveries = [
            _Delivery(event, _account(event.key), Path(name, str(number))) for number, event in enumerate(events)
        ]
        checks: dict[tuple[str, str], Callable[[], None]] = {}
        small: dict[str, list[_Delivery]] = {}
        large: list[_Delivery] = []
        for one in deliveries:
            if one.account:
                with _ending(store, one):
                    _begin(store, one, checks)
            if one.intake is not None:
                of = large if one.intake.incoming.size > SMALL else small.setdefault(one.account, [])
                of.append(one)
        # A large one may take as long as all of a call has, or more: what is small is done by then.
        for group in [*small.values(), *([one] for one in large)]:
            for one in group:
                if one.intake is not None:
                    with _ending(store, one):
                        one.intake.read()
            _merge(store, group)
    return [one.result for one in deliveries]


@contextmanager
def _ending(store: Store, *deliveries: _Delivery) -> Iterator[None]:
    """What is raised in the block is how these have ended."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  whatever it was, it is given to whoever delivers the events again
        for one in deliveries:
            _put_away(one, None if isinstance(error, Gone) else error)
        if isinstance(error, Gone):
            gone = " ".join(one.event.key for one in deliveries)
            logs.warning(log, "the object is gone or was replaced; its successor has its own event", key=gone)
        # The account may have been deleted meanwhile: what was written must not wait for a later one of its name.
        accounts.clear_remains(store, deliveries[0].account)


def _put_away(one: _Delivery, result: dict[str, Any] | Exception | None) -> None:
    """A delivery has ended. There is little room for files: what it had goes before the next one is read."""
    one.intake, one.result = None, result
    rmtree(one.folder, ignore_errors=True)


def _begin(store: Store, one: _Delivery, checks: dict[tuple[str, str], Callable[[], None]]) -> None:
    """Look the object up, unless there is nothing (more) to ingest; then the delivery has its result."""
    key, account, documents = one.event.key, one.account, Documents(store)
    if _UNADDRESSABLE.search(key):
        one.result = _refuse_key(documents, account, key)
        accounts.clear_remains(store, account)
        return
    # Known before the object is looked up: the object belongs to this account, not to a later one of its name.
    identity = accounts.identity(documents, account)
    if keys.addressee(key) not in (None, identity):
        documents.delete(key)
        logs.warning(log, "sent to an account that is deleted; the file is erased", key=key)
        accounts.clear_remains(store, account)
        return
    incoming = look_up(store, key, account)
    done, said = documents.get_many([incoming.report_path, sources.document(account)])
    if done is not None and incoming.promised and not incoming.reported(done.value):
        # An upload is one object; but who may write to the store can put another one in its place.
        incoming = replace(incoming, promised=None)
        done = documents.get(incoming.report_path)
    if done is not None:
        logs.debug(log, "already ingested", key=key, id=incoming.id)
        one.result = dict(done.value)
        if identity is None:
            accounts.clear_remains(store, account)
        return
    # Also for a file that is refused: whoever sent it must be able to read the report.
    present = accounts.ensure(documents, account) if identity is None else identity
    # Those of one account are looked at by one check, so that it is made once for all that take effect together.
    one.check = checks.setdefault((account, present), partial(_unchanged, documents, account, present))
    one.folder.mkdir()
    one.intake = Intake(store, incoming, said, one.folder, one.check)


def _merge(store: Store, group: Sequence[_Delivery]) -> None:
    """Bring what was read into the account's table, and report it."""
    read = [(one, one.intake) for one in group if one.intake is not None]
    if not read:
        return
    account, documents = group[0].account, Documents(store)
    table = ReadingsTable(store, account)
    changes = [change for _, intake in read for change in intake.changes]
    try:
        merged = iter(table.merge_all(changes) if changes else [])
    except Exception as error:
        if len(read) == 1:
            with _ending(store, read[0][0]):
                raise
        logs.warning(log, "not merged together; each is tried by itself", account=account, reason=str(error))
        for one, _ in read:
            _merge(store, [one])
        return
    versions: set[int] = set()
    for one, intake in read:
        with _ending(store, one):
            intake.settle(list(islice(merged, len(intake.changes))))
            versions |= intake.versions
    _look_after(table, account, versions, read[0][0].check)
    for one, intake in read:
        if one.intake is not None:
            with _ending(store, one):
                report = intake.report()
                documents.put(intake.incoming.report_path, report)
                one.check()
                said = {name: report[name] for name in ("id", "key", "status", "rows", "rejected")}
                logs.info(log, "ingested", **said)
                telemetry.count(telemetry.ROWS, report["rows"])
                telemetry.count(telemetry.REJECTED, report["rejected"])
                _put_away(one, report)


def _look_after(table: ReadingsTable, account: str, versions: set[int], check: Callable[[], None]) -> None:
    for version in versions:
        try:
            table.look_after(version, check)
        except Exception as error:  # noqa: BLE001  the rows are in; a later ingestion finds the small files again
            logs.warning(log, "compaction put off", account=account, reason=str(error))


def _unchanged(documents: Documents, account: str, identity: str) -> None:
    """Raises `Gone` when the account is no longer the one for which an object came."""
    if accounts.identity(documents, account) != identity:
        raise Gone(f"incoming/{account}/")


def _account(key: str) -> str:
    """The account whose object it is; empty for none."""
    parts = key.split("/")
    if key.endswith("/"):
        logs.debug(log, "a folder marker, as consoles make them", key=key)
    elif parts[0] == "incoming" and len(parts) > 2 and ACCOUNT.fullmatch(parts[1]):
        return parts[1]
    else:
        logs.warning(log, "not an object of an account under incoming/", key=key)
    return ""


def _refuse_key(documents: Documents, account: str, key: str) -> dict[str, Any]:
    """Report an object whose key can't be addressed, once, under an id made of the key alone."""
    accounts.ensure(documents, account)
    reason = "the name has an empty or dotted part, or a control character; send the file under another name"
    report = {
        **reports.EMPTY,
        "id": f"00010101T000000000000-{sha256(key.encode()).hexdigest()[:16]}",
        "key": key,
        "name": key.split("/", 2)[2],
        "status": reports.REFUSED,
        "reason": reason,
        "created": rfc3339(datetime.now(UTC)),
    }
    with suppress(AlreadyExists):
        documents.create(reports.path(account, report["id"]), report)
    logs.warning(log, reason, key=key)
    return report
