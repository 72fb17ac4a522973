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
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import obstore
from deltalake import DeltaTable
from deltalake.schema import Schema

from core.energy.readings.engine import failures, open_table
from core.energy.readings.files import DataFile, Extent, attach, measure, session
from core.energy.readings.log import Log, Snapshot
from core.energy.readings.merging import Change, Merged, Merging
from core.energy.readings.outcome import Outcome, outcome, refuse_overlap
from core.energy.readings.rewrite import merge_sorted
from core.energy.readings.schema import KEY, TABLE
from core.energy.readings.view import bring, known
from core.kernel import logs
from core.kernel.errors import unavailable
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

KEPT = timedelta(days=7)
"""How long a version can still be read when it is not the newest any more."""

log = logs.logger("readings")


class ReadingsTable:
    """The table of one account. It is made by the first merge; until then it has no readings."""

    def __init__(self, store: Store, account: str) -> None:
        self._store = store
        self._prefix = f"readings/{account}"
        self._log = Log(store, self._prefix)

    def open(self, version: int | None = None) -> DeltaTable | None:
        """The engine's: the newest version, or that one; None where there is none, or none any more."""
        return open_table(self._store, self._prefix, version)

    def merge(self, change: Change) -> Merged:
        """`merge_all` of one change. Raises what kept it from taking effect."""
        (found,) = self.merge_all([change])
        if isinstance(found, Exception):
            raise found
        return found

    def merge_all(self, changes: Sequence[Change]) -> list[Merged | Exception]:
        """Bring changes into the table, each once: with one log entry, and mostly one file, where they share nothing.

        Where they do, they take effect one after the other. What kept one from taking effect is given in its place: an
        `OverlapError` when an interval of it shares time with one of another length, or what its `before_commit`
        raised. Raises `TrefoilError(UNAVAILABLE)` when the store fails or the race for the commit is lost
        `COMMIT_ATTEMPTS` times; then all may be tried again.
        """
        merging, lost = Merging(changes), 0
        for change in changes:
            if change.extent is not None and change.extent.minutes[0] != change.extent.minutes[1]:
                with merging.ending(change):
                    _refuse_overlap(change.staged, None)
        while merging.waiting:
            snapshot = self._log.newest()
            former = snapshot is not None and snapshot.former
            if self._modernise(snapshot) if snapshot and former else self._merge_some(snapshot, merging):
                continue
            if (lost := lost + 1) == COMMIT_ATTEMPTS:
                raise unavailable(f"{self._prefix} is being written by too many others")
            back_off(lost - 1)
        if lost:
            logs.info(log, "others wrote first", table=self._prefix, races=lost)
        return merging.results()

    def _merge_some(self, snapshot: Snapshot | None, merging: Merging) -> bool:
        """Let some of the changes take effect, or find what keeps them from it; False when another writer was first."""
        if snapshot:
            for change in merging.waiting:
                if change.transaction in snapshot.transactions:
                    merging.end(change, Merged(snapshot.version, self._noted(snapshot, change.transaction)))
                elif change.extent is None:
                    merging.end(change, Merged(snapshot.version, Outcome(0)))
        group, touched = self._next(snapshot, merging)
        if not group:
            return True
        prepare = partial(self._prepared, merging, group, touched)
        if snapshot is None:  # the table is made while its first rows are put beside it
            work: list[Callable[[], Any]] = [prepare, self._make]
            _, snapshot = together(self._store, _call, work)
            if snapshot is None or not any(change.extent for change in group):
                return snapshot is not None
        added, found = prepare()
        for check in dict.fromkeys(change.before_commit for change in group):
            with merging.ending(*(change for change in group if change.before_commit is check)):
                check()
        if any(change not in merging.waiting for change in group):
            return True
        written = self._commit(snapshot, added, touched, noted=found)
        if written is None:
            return False
        for change in group:
            merging.end(change, Merged(written.version, found[change.transaction]))
        logs.debug(log, "merged", table=self._prefix, changes=len(group), rewritten=len(touched))
        return True

    def _next(self, snapshot: Snapshot | None, merging: Merging) -> tuple[list[Change], list[DataFile]]:
        """The changes that take effect together next, or one alone and the files in whose place it comes."""
        group: list[Change] = []
        for change in merging.waiting:
            if not merging.goes_with(change, group):
                continue
            touched: list[DataFile] = []
            with merging.ending(change):
                touched = self._touched(snapshot, change, merging.cleared(change)) if snapshot else []
            if change not in merging.waiting:
                continue
            if change.unique and not touched:
                group.append(change)
            elif not group:
                return [change], touched
        return group, []

    def _make(self) -> Snapshot | None:
        """The first version, which has no readings; None when another writer was first."""
        return self._commit(None, [], [])

    def _prepared(
        self, merging: Merging, group: Sequence[Change], touched: Sequence[DataFile]
    ) -> tuple[list[DataFile], dict[str, Outcome]]:
        """The new files of changes that take effect together, and what becomes of each; they are made once."""
        key = (*(change.transaction for change in group), *(file.path for file in touched))
        if key not in merging.prepared:
            merging.prepared[key] = self._made(group, touched)
        return merging.prepared[key]

    def _made(self, group: Sequence[Change], touched: Sequence[DataFile]) -> tuple[list[DataFile], dict[str, Outcome]]:
        alike = {one.transaction: Outcome(one.extent.rows if one.extent else 0) for one in group}
        full = [(one.staged, one.extent) for one in group if one.extent is not None]
        if touched or not group[0].unique:
            (one,) = group
            added, found = self._rewrite([one.staged], touched, sent=alike[one.transaction].landed)
            return added, {one.transaction: found}
        if len(full) > 1 and sum(extent.rows for _, extent in full) <= SMALL_FILE_ROWS:
            return self._rewrite([staged for staged, _ in full], [])[0], alike
        return together(self._store, lambda one: self._upload(*one), full), alike

    def look_after(self, version: int, before_commit: Callable[[], None] = lambda: None) -> None:
        """What whoever wrote a version does for those who come: now and then merge small files, and mark the place.

        One of `UPKEEP_EVERY` does it, so that of many writers few spend time on it.
        """
        if version % UPKEEP_EVERY == 0 and version:
            self.compact(before_commit=before_commit)
            before_commit()
            self._log.checkpoint()

    def compact(self, *, at: int = COMPACT_AT, before_commit: Callable[[], None] = lambda: None) -> bool:
        """Merge the small files into sorted ones when there are at least `at`; says whether it did.

        The readings do not change. Who adds others meanwhile is let through, and it takes effect after them; it is
        given up when one of the files was rewritten. `before_commit` may raise to prevent that it takes effect.
        """
        snapshot = self._log.newest()
        if snapshot is not None and snapshot.former:
            return self._modernise(snapshot)
        small = [file for file in snapshot.files.values() if file.extent.rows < SMALL_FILE_ROWS] if snapshot else []
        if snapshot is None or len(small) < at:
            return False
        added, _ = self._rewrite([], small)
        done = False
        for attempt in range(COMMIT_ATTEMPTS):
            if snapshot is None or not all(file.path in snapshot.files for file in small):
                break
            before_commit()
            if self._commit(snapshot, added, small, data_change=False):
                done = True
                break
            back_off(attempt)
            snapshot = self._log.newest()
        logs.info(log, "compacted", table=self._prefix, files=len(small), into=len(added), done=done)
        return done

    def tidy(self) -> int:
        """Remove what nothing refers to any more; returns how many files of readings.

        Log entries go when they are a month old and of no version that was the newest within a week. Files go a week
        after nothing refers to them, Delta Lake's default, also those of crashed writers: who reads a version of the
        table that has not been the newest for a week finds it gone, or files of it missing.
        """
        now, snapshot = datetime.now(UTC), self._log.newest()
        if snapshot is None:
            return 0
        if not CONFIGURATION.items() <= dict(snapshot.metadata.get("configuration") or {}).items():
            self._commit(snapshot, [], [], configuration=CONFIGURATION)
        self._log.clean_up(before=now - KEPT)
        table = self.open()
        if table is None:
            return 0
        with failures(self._prefix):
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

    def _touched(self, snapshot: Snapshot, change: Change, cleared: set[str]) -> list[DataFile]:
        """The files that may hold readings of a change too. Raises `OverlapError`.

        Those in `cleared`, to which this adds, were found to have nothing to do with it, when a race was lost before.
        """
        staged, extent = change.staged, change.extent
        if extent is None:
            return []
        files = [file for file in snapshot.files.values() if file.path not in cleared]
        if crossed := [file for file in files if file.extent.crosses(extent)]:
            with known(self._store, self._prefix, snapshot, crossed, session(), "old") as query:
                _refuse_overlap(staged, query)
        near = [file for file in files if file.extent.meets(extent)]
        if near and (extent.rows > EXACT_CHECK_ROWS or self._share(snapshot, near, staged, extent)):
            return near
        cleared |= {file.path for file in files}
        return []

    def _share(self, snapshot: Snapshot, near: Sequence[DataFile], staged: Path, extent: Extent) -> bool:
        with known(self._store, self._prefix, snapshot, near, session(), "old") as query, failures(self._prefix):
            attach(query, "new", staged)
            common = query.execute(
                f"SELECT 1 FROM new JOIN (SELECT {KEY} FROM old WHERE {extent.predicate()}) AS held "
                f"USING ({KEY}) LIMIT 1"
            )
            return bool(common.read_all().num_rows)

    def _rewrite(
        self, staged: Sequence[Path], files: Sequence[DataFile], *, sent: int | None = None, former: bool = False
    ) -> tuple[list[DataFile], Outcome]:
        """New files with the rows of these and of staged ones; of a single one, what becomes of its `sent` readings."""
        with tempfile.TemporaryDirectory(prefix="trefoil-") as name:
            folder = Path(name)
            held = bring(self._store, self._prefix, files, folder)
            inputs = [*staged, *held]
            with failures(self._prefix):
                paths = merge_sorted(inputs, folder, former=former) if inputs else []
                found = Outcome(0) if sent is None else outcome(staged[0], held, sent)
                measured = [(path, extent) for path in paths if (extent := measure(path)) is not None]
            return together(self._store, lambda one: self._upload(*one), measured), found

    def _modernise(self, snapshot: Snapshot) -> bool:
        """Bring a table of before to the form of now, in one commit; False when another writer was first."""
        files = list(snapshot.files.values())
        added, _ = self._rewrite([], files, former=True)
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
        noted: Mapping[str, Outcome] = {},
        data_change: bool = True,
        replacing: bool = False,
        configuration: Mapping[str, str] = {},
    ) -> Snapshot | None:
        """Write the log entry after a version, the first where there is no table; None when another writer was first.

        `replacing` takes the place of all the table held, its columns too. What became of each transaction is noted in
        the entry, so that who delivers it again learns it. `configuration` is added to what the table has.
        """
        now = int(time.time() * 1000)
        mode = {"mode": "Overwrite" if replacing else "Append", "partitionBy": "[]"}
        info = {"timestamp": now, "operation": "WRITE", "operationParameters": mode, "engineInfo": "trefoil"}
        info |= {transaction: json.dumps(asdict(found)) for transaction, found in noted.items()}
        actions: list[dict[str, Any]] = [{"commitInfo": info}]
        if snapshot is None:
            actions += [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}, {"metaData": _metadata(now)}]
        elif replacing or configuration:
            columns = {"schemaString": _metadata(now)["schemaString"]} if replacing else {}
            held = {**snapshot.metadata, **columns}
            actions.append({"metaData": {**held, "configuration": {**held.get("configuration", {}), **configuration}}})
        version = snapshot.version + 1 if snapshot else 0
        actions += [{"txn": {"appId": one, "version": version, "lastUpdated": now}} for one in noted]
        for file in added:
            add = {"path": file.path, "partitionValues": {}, "size": file.size, "modificationTime": now}
            actions.append({"add": {**add, "dataChange": data_change, "stats": file.extent.stats()}})
        for file in removed:
            remove = {"path": file.path, "deletionTimestamp": now, "dataChange": data_change, "size": file.size}
            actions.append({"remove": {**remove, "extendedFileMetadata": True, "partitionValues": {}}})
        return self._log.append(snapshot, actions)


def _call(work: Callable[[], Any]) -> Any:
    return work()


def _metadata(now: int) -> dict[str, Any]:
    """The metadata of a table that is made now (milliseconds since 1970)."""
    form = {"format": {"provider": "parquet", "options": {}}, "schemaString": Schema.from_arrow(TABLE).to_json()}
    return {"id": str(uuid4()), **form, "partitionColumns": [], "configuration": CONFIGURATION, "createdTime": now}


def _refuse_overlap(staged: Path, query: Any) -> None:
    """Raise `OverlapError` for a staged file and itself (None), or what a session has as `old`."""
    other = "new" if query is None else "old"
    query = query or session()
    with failures(str(staged)):
        attach(query, "new", staged)
        refuse_overlap(query, f"SELECT * FROM {other}")
