"""One account's readings table: every change is one Delta Lake commit made by compare-and-swap.

A change is prepared as new Parquet files and takes effect with one log entry that must directly follow the version it
was prepared against. So a crash leaves the table as it was, a lost race is tried again on the winner's table, and no
version ever shows a reading twice.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import obstore
from deltalake import DeltaTable
from deltalake.schema import Schema

from core.energy.readings.engine import failures, open_table
from core.energy.readings.files import DataFile, Extent, attach, measure, session
from core.energy.readings.log import Log, Snapshot
from core.energy.readings.outcome import Outcome, outcome, refuse_overlap
from core.energy.readings.rewrite import merge_sorted
from core.energy.readings.schema import KEY, TABLE
from core.energy.readings.view import bring, known
from core.kernel import logs
from core.kernel.errors import Code, TrefoilError
from core.kernel.fetching import together
from core.kernel.store import Store, back_off

COMMIT_ATTEMPTS = 200
EXACT_CHECK_ROWS = 1_000_000
"""Up to this many new rows, files whose boxes meet are checked for readings in common before they are rewritten."""
SMALL_FILE_ROWS = 1_000_000
COMPACT_AT = 32
"""Small files that a table gathers before an ingestion merges them."""
UPKEEP_EVERY = 16
"""Versions after which whoever wrote the last one looks after the table; the others don't get in the way."""
CONFIGURATION = {
    "delta.checkpointInterval": str(UPKEEP_EVERY),
    # Whoever delivers an ingestion again after that finds its report; a dead letter is kept for less than half of it.
    "delta.setTransactionRetentionDuration": "interval 30 days",
}

log = logs.logger("readings")


@dataclass(frozen=True, slots=True)
class Merged:
    """The table version that holds a file's rows, and what became of them; None when that is no longer known."""

    version: int
    outcome: Outcome | None


class ReadingsTable:
    """The table of one account. It is made by the first merge; until then it has no readings."""

    def __init__(self, store: Store, account: str) -> None:
        self._store = store
        self._prefix = f"readings/{account}"
        self._log = Log(store, self._prefix)

    def open(self, version: int | None = None) -> DeltaTable | None:
        """The engine's: the newest version, or that one, which is kept for a week; None where there is no table."""
        return open_table(self._store, self._prefix, version)

    def merge(
        self,
        staged: Path,
        *,
        transaction: str,
        unique: bool,
        extent: Extent | None,
        before_commit: Callable[[], None] = lambda: None,
    ) -> Merged:
        """Bring the rows of a local Parquet file into the table, once.

        `transaction` identifies the change: merging it again is recognised in the table itself and changes nothing.
        `extent` is the file's, None when it has no rows; `unique` says that it is known to hold no reading twice.
        `before_commit` is called right before the rows take effect, and may raise to prevent that.
        Raises `OverlapError` when an interval of the file shares time with one of another length, and
        `TrefoilError(UNAVAILABLE)` when the store fails or the race for the commit is lost `COMMIT_ATTEMPTS` times;
        then it may be tried again.
        """
        uploaded: DataFile | None = None
        if extent is not None and extent.minutes[0] != extent.minutes[1]:
            _refuse_overlap(staged, None)
        for attempt in range(COMMIT_ATTEMPTS):
            snapshot = self._log.newest()
            if snapshot and transaction in snapshot.transactions:
                return Merged(snapshot.version, self._noted(snapshot, transaction))
            if extent is None and snapshot:
                return Merged(snapshot.version, Outcome(0))
            if snapshot and snapshot.former:
                if not self._modernise(snapshot):
                    back_off(attempt)
                continue
            touched: list[DataFile] = []
            if extent is None:
                added, found = [], Outcome(0)
            else:
                touched = self._touched(snapshot, staged, extent) if snapshot else []
                if unique and not touched:
                    uploaded = uploaded or self._upload(staged, extent)
                    added, found = [uploaded], Outcome(extent.rows)
                else:
                    added, found = self._rewrite(staged, touched, sent=extent.rows)
            before_commit()
            written = self._commit(snapshot, added, touched, transaction=transaction, found=found)
            if written:
                logs.debug(log, "merged", table=self._prefix, attempt=attempt, rewritten=len(touched))
                return Merged(written.version, found)
            back_off(attempt)
        raise TrefoilError(Code.UNAVAILABLE, f"{self._prefix} is being written by too many others; try again later")

    def look_after(self, version: int) -> None:
        """What whoever wrote a version does for those who come: now and then merge small files, and mark the place.

        One of `UPKEEP_EVERY` does it, so that of many writers few spend time on it.
        """
        if version % UPKEEP_EVERY == 0 and version:
            self.compact()
            self._log.checkpoint()

    def compact(self, *, at: int = COMPACT_AT) -> bool:
        """Merge the small files into sorted ones when there are at least `at`; says whether it did.

        The readings do not change. Who adds others meanwhile is let through, and it takes effect after them; it is
        given up when one of the files was rewritten.
        """
        snapshot = self._log.newest()
        if snapshot is not None and snapshot.former:
            return self._modernise(snapshot)
        small = [file for file in snapshot.files.values() if file.extent.rows < SMALL_FILE_ROWS] if snapshot else []
        if snapshot is None or len(small) < at:
            return False
        added, _ = self._rewrite(None, small)
        done = False
        for attempt in range(COMMIT_ATTEMPTS):
            if snapshot is None or not all(file.path in snapshot.files for file in small):
                break
            if self._commit(snapshot, added, small, data_change=False):
                done = True
                break
            back_off(attempt)
            snapshot = self._log.newest()
        logs.info(log, "compacted", table=self._prefix, files=len(small), into=len(added), done=done)
        return done

    def tidy(self) -> int:
        """Remove what nothing refers to any more; returns how many files of readings.

        Log entries go a month after a checkpoint took their place, which is written if there is any later entry. Files
        go after a week, Delta Lake's default, also those of crashed writers: who reads an older version of the table
        than that finds files missing.
        """
        snapshot = self._log.newest()
        if snapshot is None:
            return 0
        if not CONFIGURATION.items() <= dict(snapshot.metadata.get("configuration") or {}).items():
            self._commit(snapshot, [], [], configuration=CONFIGURATION)
        self._log.checkpoint()
        table = self.open()
        if table is None:
            return 0
        with failures(self._prefix):
            table.cleanup_metadata()
            removed = len(table.vacuum(dry_run=False, full=True))
        logs.info(log, "vacuumed", table=self._prefix, files=removed)
        return removed

    def _noted(self, snapshot: Snapshot, transaction: str) -> Outcome | None:
        """What a transaction that took effect found, as its log entry has it; None when the log is cut before it."""
        for action in self._log.entry(snapshot.transactions[transaction]):
            if noted := action.get("commitInfo", {}).get(transaction):
                return Outcome(**json.loads(noted))
        # Before 2026-12 a transaction did not say in which version it took effect.
        table = self.open()
        with failures(self._prefix):
            entries = table.history() if table else []
        noted = next((entry[transaction] for entry in entries if transaction in entry), None)
        return Outcome(**json.loads(noted)) if noted else None

    def _touched(self, snapshot: Snapshot, staged: Path, extent: Extent) -> list[DataFile]:
        """The files that may hold readings of the staged file too. Raises `OverlapError`."""
        files = snapshot.files.values()
        if crossed := [file for file in files if file.extent.crosses(extent)]:
            with known(self._store, self._prefix, snapshot, crossed, session(), "old") as query:
                _refuse_overlap(staged, query)
        near = [file for file in files if file.extent.meets(extent)]
        if near and extent.rows <= EXACT_CHECK_ROWS and not self._share(snapshot, near, staged, extent):
            return []
        return near

    def _share(self, snapshot: Snapshot, near: Sequence[DataFile], staged: Path, extent: Extent) -> bool:
        with known(self._store, self._prefix, snapshot, near, session(), "old") as query, failures(self._prefix):
            attach(query, "new", staged)
            common = query.execute(
                f"SELECT 1 FROM new JOIN (SELECT {KEY} FROM old WHERE {extent.predicate()}) AS held "
                f"USING ({KEY}) LIMIT 1"
            )
            return bool(common.read_all().num_rows)

    def _rewrite(
        self, staged: Path | None, files: Sequence[DataFile], *, sent: int = 0, former: bool = False
    ) -> tuple[list[DataFile], Outcome]:
        """New files with the rows of these and of a staged one, and what becomes of the `sent` readings of that."""
        with tempfile.TemporaryDirectory(prefix="trefoil-") as name:
            folder = Path(name)
            held = bring(self._store, self._prefix, files, folder)
            inputs = held if staged is None else [staged, *held]
            with failures(self._prefix):
                paths = merge_sorted(inputs, folder, former=former) if inputs else []
                found = Outcome(0) if staged is None else outcome(staged, held, sent)
                measured = [(path, extent) for path in paths if (extent := measure(path)) is not None]
            return together(self._store, lambda one: self._upload(*one), measured), found

    def _modernise(self, snapshot: Snapshot) -> bool:
        """Bring a table of before to the form of now, in one commit; False when another writer was first."""
        files = list(snapshot.files.values())
        added, _ = self._rewrite(None, files, former=True)
        done = self._commit(snapshot, added, files, replacing=True) is not None
        logs.info(log, "brought to the form of now", table=self._prefix, files=len(files), done=done)
        return done

    def _upload(self, path: Path, extent: Extent) -> DataFile:
        """Put a file beside the table's others, not yet part of it. An unused one is removed by vacuum."""
        name = f"part-{uuid4()}.parquet"
        with failures(f"{self._prefix}/{name}"):
            obstore.put(self._store.client, f"{self._prefix}/{name}", path)
        return DataFile(name, path.stat().st_size, extent)

    def _commit(
        self,
        snapshot: Snapshot | None,
        added: Sequence[DataFile],
        removed: Sequence[DataFile],
        *,
        transaction: str | None = None,
        found: Outcome | None = None,
        data_change: bool = True,
        replacing: bool = False,
        configuration: Mapping[str, str] = {},
    ) -> Snapshot | None:
        """Write the log entry after a version, the first where there is no table; None when another writer was first.

        `replacing` takes the place of all the table held, its columns too. What was `found` is noted in the entry, so
        that who delivers the transaction again learns it. `configuration` is added to what the table has.
        """
        now = int(time.time() * 1000)
        mode = {"mode": "Overwrite" if replacing else "Append", "partitionBy": "[]"}
        noted = {transaction: json.dumps(asdict(found))} if transaction and found else {}
        info = {"timestamp": now, "operation": "WRITE", "operationParameters": mode, "engineInfo": "trefoil", **noted}
        actions: list[dict[str, Any]] = [{"commitInfo": info}]
        if snapshot is None:
            actions += [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}, {"metaData": _metadata(now)}]
        elif replacing or configuration:
            columns = {"schemaString": _metadata(now)["schemaString"]} if replacing else {}
            held = {**snapshot.metadata, **columns}
            actions.append({"metaData": {**held, "configuration": {**held.get("configuration", {}), **configuration}}})
        if transaction:
            version = snapshot.version + 1 if snapshot else 0
            actions.append({"txn": {"appId": transaction, "version": version, "lastUpdated": now}})
        for file in added:
            add = {"path": file.path, "partitionValues": {}, "size": file.size, "modificationTime": now}
            actions.append({"add": {**add, "dataChange": data_change, "stats": file.extent.stats()}})
        for file in removed:
            remove = {"path": file.path, "deletionTimestamp": now, "dataChange": data_change, "size": file.size}
            actions.append({"remove": {**remove, "extendedFileMetadata": True, "partitionValues": {}}})
        return self._log.append(snapshot, actions)


def _metadata(now: int) -> dict[str, Any]:
    """The metadata of a table that is made now (milliseconds since 1970)."""
    form = {"format": {"provider": "parquet", "options": {}}, "schemaString": Schema.from_arrow(TABLE).to_json()}
    return {"id": str(uuid4()), **form, "partitionColumns": [], "configuration": CONFIGURATION, "createdTime": now}


def _refuse_overlap(staged: Path, query: Any) -> None:
    """Raise `OverlapError` for a staged file and itself (None), or what a session has as `old`."""
    other = "new" if query is None else "old"
    query = query or session()
    attach(query, "new", staged)
    with failures(str(staged)):
        refuse_overlap(query, f"SELECT * FROM {other}")
