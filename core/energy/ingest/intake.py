"""One object on its way into its account's table: its files staged, their rows merged, and the report of it all."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import obstore

from core.energy.ingest import keys, names, reports
from core.energy.ingest.archives import PACKED, Part, parts
from core.energy.ingest.rejects import Rejects
from core.energy.ingest.source import Gone, ObjectReader, Refused
from core.energy.ingest.staging import Staged, stage
from core.energy.readings import sources
from core.energy.readings.files import measure
from core.energy.readings.merging import Change, Merged
from core.energy.readings.outcome import OverlapError
from core.energy.readings.table import ReadingsTable
from core.kernel.clock import rfc3339, sortable
from core.kernel.documents import Document, Documents
from core.kernel.store import Store, failures

MAX_SERIES = 500
"""Series that a report tells of."""
KEPT_AT_ONCE = 8 * 1024 * 1024
"""Bytes of the list of rejected rows that one request puts into the store; a shorter list is one request."""
STAGED = 32 * 1024 * 1024
"""Bytes of an archive's staged files that wait for each other; a function has little room beside its memory."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """An object to ingest: one revision of one key."""

    key: str
    account: str
    name: str
    size: int
    version: str
    created: datetime
    promised: str | None = None

    @property
    def id(self) -> str:
        """The ingestion's id, of an upload the one that was `promised` when its URL was asked for."""
        return self.promised or self.revision

    @property
    def revision(self) -> str:
        """What tells this revision of the object from any other, at each delivery; it sorts by creation."""
        digest = sha256(f"{self.key}\n{self.version}".encode()).hexdigest()[:16]
        return f"{sortable(self.created)}-{digest}"

    def reported(self, report: Mapping[str, Any]) -> bool:
        """Whether a report under this id is of this very revision."""
        return bool(report["created"] == rfc3339(self.created) and report["bytes"] == self.size)

    @property
    def report_path(self) -> str:
        return reports.path(self.account, self.id)


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
    promised = keys.ingestion(key)
    return Incoming(key, account, name, meta["size"], meta["e_tag"] or "", meta["last_modified"], promised)


class Intake:
    """An object that is being read. `changes` are what of it waits to be merged; `settle` takes what became of them."""

    def __init__(
        self, store: Store, incoming: Incoming, held: Document | None, folder: Path, before_commit: Callable[[], None]
    ) -> None:
        """`held` is the account's document of sources; `before_commit` raises where rows must not take effect."""
        self._begun = time.perf_counter()
        said = names.said(Documents(store), incoming.account, incoming.key)
        self._given = said.name if said else incoming.name
        self._entry = sources.merged(sources.fitting(held and held.value, self._given), said.source if said else None)
        self._reader = ObjectReader(store, incoming.key, size=incoming.size, version=incoming.version)
        self._store, self._folder, self._before_commit = store, folder, before_commit
        self._files: list[dict[str, Any]] = []
        self._waiting: dict[int, Change] = {}
        self._rejected: list[Path] = []
        self.incoming = incoming
        self.versions: set[int] = set()
        """Of the table, those that have the files' rows."""

    @property
    def changes(self) -> list[Change]:
        return list(self._waiting.values())

    def read(self) -> None:
        """Read the object's files, each of which has a change of its own, so that none is taken twice."""
        try:
            for number, part in enumerate(parts(self._reader, self._folder)):
                self._files.append(self._file(part, number))
                if sum(change.staged.stat().st_size for change in self.changes) > STAGED:
                    self.settle(ReadingsTable(self._store, self.incoming.account).merge_all(self.changes))
        except Refused as refused:
            self._files.append({"name": None, "status": reports.REFUSED, "reason": str(refused)})
        (self._folder / PACKED).unlink(missing_ok=True)

    def settle(self, merged: list[Merged | Exception]) -> None:
        """Note what became of the changes. Raises what kept one from taking effect, unless it lies in the file."""
        for (number, change), found in zip(list(self._waiting.items()), merged, strict=True):
            if isinstance(found, Exception) and not isinstance(found, OverlapError):
                raise found
            change.staged.unlink(missing_ok=True)
            del self._waiting[number]
            file = self._files[number]
            if isinstance(found, OverlapError):
                self._files[number] = {"name": file["name"], "status": reports.REFUSED, "reason": str(found)}
                continue
            self.versions.add(found.version)
            outcome = found.outcome
            file |= {
                "landed": outcome and outcome.landed,
                "duplicates": outcome and outcome.duplicates,
                "conflicts": outcome and outcome.conflicts,
                "replaced": outcome and outcome.replaced,
                "first_conflicts": outcome.first if outcome else [],
                "table_version": found.version,
            }

    def report(self) -> dict[str, Any]:
        """The report, once all is settled; the list of rejected rows is put where it can be fetched.

        Every field is always there. `sha256` is of the bytes read: all of them unless refused early.
        """
        incoming, reader = self.incoming, self._reader
        return {
            **reports.EMPTY,
            "id": incoming.id,
            "key": incoming.key,
            "name": self._given,
            "bytes": incoming.size,
            "sha256": reader.sha256() if reader.bytes_read == incoming.size else None,
            "created": rfc3339(incoming.created),
            **reports.together(self._files),
            "rejects_key": _keep(self._store, incoming, self._rejected),
            "duration_ms": round((time.perf_counter() - self._begun) * 1000),
        }

    def _file(self, part: Part, number: int) -> dict[str, Any]:
        """Read one file: what its report has, as far as it is known before its rows are merged."""
        incoming = self.incoming
        refused = {"name": part.name, "status": reports.REFUSED}
        if part.flaw:
            return {**refused, "reason": part.flaw}
        source = incoming.name if part.name is None else f"{incoming.name}/{part.name}"
        path = self._folder / f"staged-{number}.parquet"
        listed = self._folder / f"rejects-{number}.csv.gz"
        with Rejects(listed, file=part.name, header=not self._rejected) as rejects:
            try:
                staged = stage(
                    part.reader, source=source, received=incoming.created, entry=self._entry, rejects=rejects, path=path
                )
            except Refused as error:
                return {**refused, "reason": str(error), "layout": error.layout and error.layout.name}
        if rejects.path:
            self._rejected.append(rejects.path)
        counted = _counted(staged, rejects)
        if rejects.count and not staged.accepted:
            first = rejects.first[0]
            reason = f"no row can be used; the first reason, in line {first['line']}: {first['reason']}"
            return {**refused, "reason": reason, **counted}
        transaction = f"ingest/{incoming.revision}" if part.name is None else f"ingest/{incoming.revision}/{number}"
        self._waiting[number] = Change(path, transaction, staged.unique, measure(path), self._before_commit)
        return {"name": part.name, "status": reports.ACCEPTED, **counted}


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
    """Put the list of rejected rows where it can be fetched, and return its key; None when there are none.

    It is kept plain, so that whoever fetches it can open it; it was written compressed, since there is little room for
    files here.
    """
    if not rejected:
        return None
    key = f"rejects/{incoming.account}/{incoming.id}.csv"
    with failures(key), obstore.open_writer(store.client, key, buffer_size=KEPT_AT_ONCE) as kept:
        for path in rejected:
            with gzip.open(path) as packed:
                while piece := packed.read(KEPT_AT_ONCE // 8):
                    kept.write(piece)
    return key
