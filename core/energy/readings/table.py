"""One account's readings table: every change is one Delta Lake commit made by compare-and-swap.

A change is prepared as new Parquet files and takes effect with one log entry that must directly follow the version it
was prepared against. So a crash leaves the table as it was, a lost race is tried again on the winner's table, and no
version ever shows a reading twice.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import obstore
from arro3.core import RecordBatchReader
from deltalake import CommitProperties, DeltaTable, QueryBuilder, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from core.energy.readings.files import Extent, attach, measure, session
from core.energy.readings.rewrite import merge_sorted
from core.energy.readings.schema import FIRST, LAST, TABLE
from core.kernel import logs
from core.kernel.errors import Code, TrefoilError
from core.kernel.store import Store, back_off
from core.kernel.store import failures as store_failures

COMMIT_ATTEMPTS = 200
EXACT_CHECK_ROWS = 1_000_000
"""Up to this many new rows, files whose boxes meet are checked for readings in common before they are rewritten."""
SMALL_FILE_ROWS = 1_000_000
COMPACT_AT = 32
"""Small files that a table gathers before an ingestion merges them."""

log = logs.logger("readings")


@dataclass(frozen=True, slots=True)
class DataFile:
    """A live file of the table."""

    path: str
    size: int
    extent: Extent


class ReadingsTable:
    """The table of one account. It is made by the first merge; until then it has no readings."""

    def __init__(self, store: Store, account: str) -> None:
        self._store = store
        self._prefix = f"readings/{account}"
        self._uri = store.table_uri(f"readings/{account}")
        self._options = store.table_options

    def open(self) -> DeltaTable | None:
        """The newest version, or None when the account has no table yet."""
        with failures(self._prefix):
            try:
                return DeltaTable(self._uri, storage_options=self._options)
            except TableNotFoundError:
                return None

    def merge(
        self, staged: Path, *, transaction: str, unique: bool, before_commit: Callable[[], None] = lambda: None
    ) -> int:
        """Bring the rows of a local Parquet file into the table, once; returns the table version that holds them.

        `transaction` identifies the change: merging it again is recognised in the table itself and changes nothing.
        `before_commit` is called right before the rows take effect, and may raise to prevent that.
        `unique` says that the file is known to hold no reading twice. Raises `TrefoilError(UNAVAILABLE)` when the
        store fails or the race for the commit is lost `COMMIT_ATTEMPTS` times; both may be tried again.
        """
        extent = measure(staged)
        uploaded: DataFile | None = None
        with tempfile.TemporaryDirectory(prefix="trefoil-") as name:
            folder = Path(name)
            for attempt in range(COMMIT_ATTEMPTS):
                table = self._open_or_create()
                if table.transaction_version(transaction) is not None:
                    return int(table.version())
                if extent is None:
                    return int(table.version())
                touched = self._touched(table, staged, extent)
                if unique and not touched:
                    uploaded = uploaded or self._upload(staged, extent)
                    added = [uploaded]
                else:
                    added = self._rewrite([staged], touched, folder / str(attempt))
                before_commit()
                if self._commit(table, added, touched, transaction=transaction):
                    logs.debug(log, "merged", table=self._prefix, attempt=attempt, rewritten=len(touched))
                    return int(table.version()) + 1
                back_off(attempt)
        raise TrefoilError(Code.UNAVAILABLE, f"{self._prefix} is being written by too many others; try again later")

    def compact(self, *, at: int = COMPACT_AT) -> bool:
        """Merge the small files into sorted ones when there are at least `at`; says whether it did.

        The readings do not change. A lost race is given up: the next ingestion tries again.
        """
        table = self.open()
        small = [file for file in _files(table) if file.extent.rows < SMALL_FILE_ROWS] if table else []
        if table is None or len(small) < at:
            return False
        with tempfile.TemporaryDirectory(prefix="trefoil-") as name:
            added = self._rewrite([], small, Path(name) / "compacted")
            done = self._commit(table, added, small, data_change=False)
        logs.info(log, "compacted", table=self._prefix, files=len(small), into=len(added), done=done)
        return done

    def vacuum(self) -> int:
        """Remove the files that nothing has referred to for a week, also those of crashed writers; returns how many.

        A week is Delta Lake's default: who reads an older version of the table than that finds files missing.
        """
        table = self.open()
        if table is None:
            return 0
        with failures(self._prefix):
            removed = len(table.vacuum(dry_run=False, full=True))
        logs.info(log, "vacuumed", table=self._prefix, files=removed)
        return removed

    def _open_or_create(self) -> DeltaTable:
        table = self.open()
        if table is not None:
            return table
        with failures(self._prefix):
            try:
                DeltaTable.create(
                    self._uri,
                    TABLE,
                    mode="ignore",
                    configuration={"delta.checkpointInterval": "20"},
                    storage_options=self._options,
                )
            except DeltaError as error:
                # Of several creators at once, one makes it and the others may fail.
                table = self.open()
                if table is None:
                    raise OSError(str(error)) from error
                return table
            return DeltaTable(self._uri, storage_options=self._options)

    def _touched(self, table: DeltaTable, staged: Path, extent: Extent) -> list[DataFile]:
        """The files that may hold readings of the staged file too."""
        near = [file for file in _files(table) if file.extent.meets(extent)]
        if near and extent.rows <= EXACT_CHECK_ROWS and not self._share(table, staged, extent):
            return []
        return near

    def _share(self, table: DeltaTable, staged: Path, extent: Extent) -> bool:
        query: QueryBuilder = session().register("old", table)
        attach(query, "new", staged)
        with failures(self._prefix):
            common = query.execute(
                f"SELECT 1 FROM new JOIN (SELECT point, start, version FROM old WHERE {extent.predicate()}) AS held "
                "USING (point, start, version) LIMIT 1"
            )
            return bool(common.read_all().num_rows)

    def _rewrite(self, local: Sequence[Path], files: Sequence[DataFile], folder: Path) -> list[DataFile]:
        folder.mkdir()
        inputs = [*local, *(self._fetch(file, folder) for file in files)]
        added = []
        with failures(self._prefix):
            merged = [(path, measure(path)) for path in merge_sorted(inputs, folder)]
        for path, extent in merged:
            if extent is not None:
                added.append(self._upload(path, extent))
        shutil.rmtree(folder)
        return added

    def _fetch(self, file: DataFile, folder: Path) -> Path:
        target = folder / file.path.replace("/", "_")
        with failures(file.path), target.open("wb") as stream:
            for chunk in obstore.get(self._store.client, f"{self._prefix}/{file.path}").stream(min_chunk_size=8 << 20):
                stream.write(chunk)
        return target

    def _upload(self, path: Path, extent: Extent) -> DataFile:
        """Put a file beside the table's others, not yet part of it. An unused one is removed by vacuum."""
        name = f"part-{uuid4()}.parquet"
        with failures(f"{self._prefix}/{name}"):
            obstore.put(self._store.client, f"{self._prefix}/{name}", path)
        return DataFile(name, path.stat().st_size, extent)

    def _commit(
        self,
        table: DeltaTable,
        added: Sequence[DataFile],
        removed: Sequence[DataFile],
        *,
        transaction: str | None = None,
        data_change: bool = True,
    ) -> bool:
        """Write the log entry after `table`'s version; False when another writer was first."""
        now = int(time.time() * 1000)
        actions: list[Any] = [
            AddAction(file.path, file.size, {}, now, data_change, file.extent.stats()) for file in added
        ]
        actions += [RemoveAction(file.path, data_change, now, file.size, {}) for file in removed]
        with failures(self._prefix):
            try:
                table.create_write_transaction(
                    actions,
                    "append",
                    TABLE,
                    commit_properties=CommitProperties(
                        max_commit_retries=0,
                        app_transactions=[Transaction(transaction, 1)] if transaction else None,
                    ),
                )
            except CommitFailedError:
                return False
        return True


def _files(table: DeltaTable) -> list[DataFile]:
    """The live files. One whose writer left no statistics may hold anything."""
    actions = table.get_add_actions(flatten=True)
    columns = [actions.column(name).to_pylist() for name in ("path", "size_bytes", "num_records", *_EDGES)]
    files = []
    for path, size, rows, *edges in zip(*columns, strict=True):
        known = [widest if edge is None else edge for edge, widest in zip(edges, _EDGES.values(), strict=True)]
        extent = Extent(rows or 0, (known[0], known[1]), (known[2], known[3]), (known[4], known[5]))
        files.append(DataFile(path, size, extent))
    return files


_EDGES: dict[str, Any] = {
    "min.point": "",
    "max.point": "\U0010ffff",
    "min.start": datetime.min.replace(tzinfo=UTC),
    "max.start": datetime.max.replace(tzinfo=UTC),
    "min.version": -(2**15),
    "max.version": 2**15 - 1,
}


@contextmanager
def failures(what: str) -> Iterator[None]:
    """`core.kernel.store.failures`, for what the table engine raises as well."""
    with store_failures(what):
        try:
            yield
        except TableNotFoundError:
            raise
        except DeltaError as error:
            raise OSError(str(error)) from error
        except Exception as error:
            # What a stream of batches meets on its way (a file that is gone, a damaged one) arro3 raises as just that.
            if type(error) is not Exception:
                raise
            raise OSError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Opened:
    """One version of a table, known to its query session as `readings`."""

    _query: QueryBuilder
    _table: DeltaTable

    def execute(self, sql: str) -> RecordBatchReader:
        return self._query.execute(sql)

    def span(self, point: str) -> tuple[datetime, datetime] | None:
        """The first and last start that a point's readings may have; None when it has none."""
        files = _files(self._table)
        starts = [file.extent.starts for file in files if file.extent.points[0] <= point <= file.extent.points[1]]
        if not starts:
            return None
        return max(FIRST, min(first for first, _ in starts)), min(LAST, max(last for _, last in starts))


@contextmanager
def opened(store: Store, account: str) -> Iterator[Opened | None]:
    """The account's table as it is now, or None when it has none."""
    table = ReadingsTable(store, account).open()
    with failures(f"readings/{account}"):
        yield None if table is None else Opened(QueryBuilder().register("readings", table), table)
