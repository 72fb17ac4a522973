"""The `ingest` function: an object under `incoming/` to the account's readings table, and a report.

Delivery is at least once, unordered. What makes that harmless: the object's key and revision identify the ingestion;
its report says it is done; and the table itself records the ingestion in the commit that adds its rows. A crash
before the commit leaves nothing, a crash after it leaves only the report to be written again.
"""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import obstore

from core.energy.accounts import accounts
from core.energy.ingest import keys, names, reports
from core.energy.ingest.archives import Part, parts
from core.energy.ingest.rejects import Rejects
from core.energy.ingest.source import Gone, ObjectReader, Refused
from core.energy.ingest.staging import Staged, stage
from core.energy.readings import sources
from core.energy.readings.files import measure
from core.energy.readings.outcome import OverlapError
from core.energy.readings.sources import Source
from core.energy.readings.table import ReadingsTable
from core.kernel import logs
from core.kernel.clock import rfc3339, sortable
from core.kernel.documents import AlreadyExists, Document, Documents
from core.kernel.events import ObjectCreated
from core.kernel.identifiers import ACCOUNT
from core.kernel.services import Services
from core.kernel.store import Store, failures

log = logs.logger("ingest")

# obstore's client refuses such keys, though a bucket may hold them.
_UNADDRESSABLE = re.compile(r"(^|/)\.{0,2}(/|$)|[\x00-\x1f\x7f]")

MAX_SERIES = 500
"""Series that a report tells of."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """An object to ingest: one revision of one key."""

    key: str
    account: str
    name: str
    size: int
    version: str
    created: datetime

    @property
    def id(self) -> str:
        """The ingestion's id: sorts by creation, and is the same whenever this revision is delivered."""
        digest = sha256(f"{self.key}\n{self.version}".encode()).hexdigest()[:16]
        return f"{sortable(self.created)}-{digest}"

    @property
    def report_path(self) -> str:
        return reports.path(self.account, self.id)


def created(services: Services, event: ObjectCreated) -> dict[str, Any] | None:
    """The handler: see `ingest`."""
    return ingest(services.store, event)


def ingest(store: Store, event: ObjectCreated) -> dict[str, Any] | None:
    """Handle one event; returns the report, or None when there is nothing (more) to ingest at that key.

    Raises `TrefoilError(UNAVAILABLE)` when the store fails: deliver the event again. Everything that is wrong with the
    file itself ends in a report.
    """
    documents = Documents(store)
    account = _account(event.key)
    if account is None:
        return None
    if _UNADDRESSABLE.search(event.key):
        return _refuse_key(documents, account, event.key)
    try:
        return _deliver(store, documents, event.key, account)
    except BaseException as error:
        # The account may have been deleted meanwhile: what was written must not wait for a later one of its name.
        accounts.clear_remains(store, account)
        if not isinstance(error, Gone):
            raise
        logs.warning(log, "the object is gone or was replaced; its successor has its own event", key=event.key)
        return None


def _deliver(store: Store, documents: Documents, key: str, account: str) -> dict[str, Any] | None:
    # Known before the object is looked up: the object belongs to this account, not to a later one of its name.
    identity = accounts.identity(documents, account)
    if keys.addressee(key) not in (None, identity):
        documents.delete(key)
        logs.warning(log, "sent to an account that is deleted; the file is erased", key=key)
        return None
    incoming = look_up(store, key, account)
    done, said = documents.get_many([incoming.report_path, sources.document(account)])
    if done is not None:
        logs.debug(log, "already ingested", key=key, id=incoming.id)
        return dict(done.value)
    # Also for a file that is refused: whoever sent it must be able to read the report.
    present = accounts.ensure(documents, account) if identity is None else identity

    def unchanged() -> None:
        if accounts.identity(documents, account) != present:
            raise Gone(key)

    report = _ingest(store, incoming, said, unchanged)
    documents.put(incoming.report_path, report)
    unchanged()
    logs.info(log, "ingested", **{name: report[name] for name in ("id", "key", "status", "rows", "rejected")})
    return report


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


def _account(key: str) -> str | None:
    parts = key.split("/")
    if key.endswith("/"):
        logs.debug(log, "a folder marker, as consoles make them", key=key)
    elif parts[0] == "incoming" and len(parts) > 2 and ACCOUNT.fullmatch(parts[1]):
        return parts[1]
    else:
        logs.warning(log, "not an object of an account under incoming/", key=key)
    return None


def look_up(store: Store, key: str, account: str) -> Incoming:
    """The object at `key` as it is now. Raises `Gone`."""
    with failures(key):
        try:
            meta = obstore.head(store.client, key)
        except FileNotFoundError as error:
            # The answer to HEAD does not say whether it is the whole bucket that is gone; a list fails then.
            next(iter(obstore.list(store.client, key, chunk_size=1)), None)
            raise Gone(key) from error
    name = key.split("/", 2)[2]
    return Incoming(key, account, name, meta["size"], meta["e_tag"] or "", meta["last_modified"])


def _ingest(
    store: Store, incoming: Incoming, held: Document | None, before_commit: Callable[[], None]
) -> dict[str, Any]:
    begun = time.perf_counter()
    documents = Documents(store)
    said = names.said(documents, incoming.account, incoming.key)
    given = said.name if said else incoming.name
    entry = sources.merged(sources.fitting(held and held.value, given), said.source if said else None)
    reader = ObjectReader(store, incoming.key, size=incoming.size, version=incoming.version)
    files: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="trefoil-") as name:
        one = _One(store, incoming, entry, Path(name), before_commit)
        try:
            for number, part in enumerate(parts(reader, Path(name))):
                files.append(one.file(part, number))
        except Refused as refused:
            files.append({"name": None, "status": reports.REFUSED, "reason": str(refused)})
        rejects_key = _keep(store, incoming, one.rejected)
    for version in one.versions:
        try:
            ReadingsTable(store, incoming.account).look_after(version)
        except Exception as error:  # noqa: BLE001  the rows are in; a later ingestion finds the small files again
            logs.warning(log, "compaction put off", account=incoming.account, reason=str(error))
    return _report(incoming, given, reader, begun, **reports.together(files), rejects_key=rejects_key)


@dataclass(frozen=True, slots=True)
class _One:
    """What each file of an object is read with."""

    store: Store
    incoming: Incoming
    entry: Source | None
    folder: Path
    before_commit: Callable[[], None]
    rejected: list[Path] = field(default_factory=list)
    """The lists of rejected rows, in the order of the files."""
    versions: list[int] = field(default_factory=list)
    """Of the table, those that have the files' rows."""

    def file(self, part: Part, number: int) -> dict[str, Any]:
        """Take one file: what its report has. Each of an archive has its own transaction, so none is taken twice."""
        incoming = self.incoming
        refused = {"name": part.name, "status": reports.REFUSED}
        if part.flaw:
            return {**refused, "reason": part.flaw}
        source = incoming.name if part.name is None else f"{incoming.name}/{part.name}"
        path = self.folder / f"staged-{number}.parquet"
        listed = self.folder / f"rejects-{number}.csv.gz"
        with Rejects(listed, file=part.name, header=not self.rejected) as rejects:
            try:
                staged = stage(
                    part.reader, source=source, received=incoming.created, entry=self.entry, rejects=rejects, path=path
                )
            except Refused as error:
                return {**refused, "reason": str(error), "layout": error.layout and error.layout.name}
        if rejects.path:
            self.rejected.append(rejects.path)
        counted = _counted(staged, rejects)
        if rejects.count and not staged.accepted:
            first = rejects.first[0]
            reason = f"no row can be used; the first reason, in line {first['line']}: {first['reason']}"
            return {**refused, "reason": reason, **counted}
        transaction = f"ingest/{incoming.id}" if part.name is None else f"ingest/{incoming.id}/{number}"
        try:
            merged = ReadingsTable(self.store, incoming.account).merge(
                path,
                transaction=transaction,
                unique=staged.unique,
                extent=measure(path),
                before_commit=self.before_commit,
            )
        except OverlapError as error:
            return {**refused, "reason": str(error)}
        path.unlink(missing_ok=True)
        self.versions.append(merged.version)
        outcome = merged.outcome
        return {
            "name": part.name,
            "status": reports.ACCEPTED,
            **counted,
            "landed": outcome and outcome.landed,
            "duplicates": outcome and outcome.duplicates,
            "conflicts": outcome and outcome.conflicts,
            "replaced": outcome and outcome.replaced,
            "first_conflicts": outcome.first if outcome else [],
            "table_version": merged.version,
        }


def _counted(staged: Staged, rejects: Rejects) -> dict[str, Any]:
    return {
        "layout": staged.layout.name,
        "rows": staged.rows,
        "accepted": staged.accepted,
        "rejected": rejects.count,
        "blank": staged.blank,
        "readings": staged.readings,
        "gaps": staged.gaps,
        "assumed": staged.assumed,
        "series": [asdict(told) for told in staged.series[:MAX_SERIES]],
        "series_left_out": max(0, len(staged.series) - MAX_SERIES),
        "ignored_columns": [name for name in staged.ignored if name],
        "first_rejects": rejects.first,
    }


def _keep(store: Store, incoming: Incoming, rejected: list[Path]) -> str | None:
    """Put the list of rejected rows where it can be fetched, and return its key; None when there are none."""
    if not rejected:
        return None
    key = f"rejects/{incoming.account}/{incoming.id}.csv.gz"
    # One gzip file after the other is a gzip file (RFC 1952, 2.2).
    whole, *others = rejected
    with whole.open("ab") as stream:
        for other in others:
            stream.write(other.read_bytes())
    with failures(key):
        obstore.put(store.client, key, whole)
    return key


def _report(incoming: Incoming, given: str, reader: ObjectReader, begun: float, **found: Any) -> dict[str, Any]:
    """The report; every field is always there. `sha256` is of the bytes read: all of them unless refused early."""
    return {
        **reports.EMPTY,
        "id": incoming.id,
        "key": incoming.key,
        "name": given,
        "bytes": incoming.size,
        "sha256": reader.sha256() if reader.bytes_read == incoming.size else None,
        "created": rfc3339(incoming.created),
        "duration_ms": round((time.perf_counter() - begun) * 1000),
        **found,
    }
