"""One account's readings table: every change is one Delta Lake commit made by compare-and-swap.

A change is prepared as new Parquet files and takes effect with one log entry that must directly follow the version it
was prepared against. So a crash leaves the table as it was, a lost race is tried again on the winner's table, and no
version ever shows a reading twice.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import obstore
from arro3.core import RecordBatchReader
from deltalake import CommitProperties, DeltaTable, QueryBuilder, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from core.energy.readings.files import EDGES, Extent, attach, measure, session
from core.energy.readings.outcome import Outcome, outcome, refuse_overlap
from core.energy.readings.reading import ACTUAL, HALF_HOUR, IMPORT
from core.energy.readings.rewrite import merge_sorted
from core.energy.readings.schema import FIRST, FORMER, KEY, LAST, TABLE
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
        self._uri = store.table_uri(f"readings/{account}")
        self._options = store.table_options

    def open(self, version: int | None = None) -> DeltaTable | None:
        """The newest version, or that one, which is kept for a week; None when the account has no table yet."""
        with failures(self._prefix):
            try:
                return DeltaTable(self._uri, version=version, storage_options=self._options)
            except TableNotFoundError:
                return None

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
            self._refuse_overlap(session(), staged, "new")
        with tempfile.TemporaryDirectory(prefix="trefoil-") as name:
            folder = Path(name)
            for attempt in range(COMMIT_ATTEMPTS):
                table = self._open_or_create()
                if table.transaction_version(transaction) is not None:
                    return Merged(int(table.version()), self._noted(table, transaction))
                if extent is None:
                    return Merged(int(table.version()), Outcome(0))
                if _is_former(table):
                    if not self._modernise(table, folder / f"modern-{attempt}"):
                        back_off(attempt)
                    continue
                if any(file.extent.crosses(extent) for file in _files(table)):
                    self._refuse_overlap(session().register("old", table), staged, "old")
                touched = self._touched(table, staged, extent)
                if unique and not touched:
                    uploaded = uploaded or self._upload(staged, extent)
                    added, found = [uploaded], Outcome(extent.rows)
                else:
                    added, found = self._rewrite(staged, touched, folder / str(attempt), sent=extent.rows)
                before_commit()
                if self._commit(table, added, touched, transaction=transaction, found=found):
                    logs.debug(log, "merged", table=self._prefix, attempt=attempt, rewritten=len(touched))
                    return Merged(int(table.version()) + 1, found)
                back_off(attempt)
        raise TrefoilError(Code.UNAVAILABLE, f"{self._prefix} is being written by too many others; try again later")

    def compact(self, *, at: int = COMPACT_AT) -> bool:
        """Merge the small files into sorted ones when there are at least `at`; says whether it did.

        The readings do not change. A lost race is given up: the next ingestion tries again.
        """
        table = self.open()
        if table is not None and _is_former(table):
            with tempfile.TemporaryDirectory(prefix="trefoil-") as name:
                return self._modernise(table, Path(name) / "modern")
        small = [file for file in _files(table) if file.extent.rows < SMALL_FILE_ROWS] if table else []
        if table is None or len(small) < at:
            return False
        with tempfile.TemporaryDirectory(prefix="trefoil-") as name:
            added, _ = self._rewrite(None, small, Path(name) / "compacted")
            done = self._commit(table, added, small, data_change=False)
        logs.info(log, "compacted", table=self._prefix, files=len(small), into=len(added), done=done)
        return done

    def _noted(self, table: DeltaTable, transaction: str) -> Outcome | None:
        """What a transaction that took effect found, as its log entry has it; None when the log is cut before it."""
        with failures(self._prefix):
            entries = table.history()
        noted = next((entry[transaction] for entry in entries if transaction in entry), None)
        return Outcome(**json.loads(noted)) if noted else None

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
                f"SELECT 1 FROM new JOIN (SELECT {KEY} FROM old WHERE {extent.predicate()}) AS held "
                f"USING ({KEY}) LIMIT 1"
            )
            return bool(common.read_all().num_rows)

    def _refuse_overlap(self, query: QueryBuilder, staged: Path, other: str) -> None:
        attach(query, "new", staged)
        with failures(self._prefix):
            refuse_overlap(query, f"SELECT * FROM {other}")

    def _rewrite(
        self, staged: Path | None, files: Sequence[DataFile], folder: Path, *, sent: int = 0, former: bool = False
    ) -> tuple[list[DataFile], Outcome]:
        """New files with the rows of these and of a staged one, and what becomes of the `sent` readings of that."""
        folder.mkdir()
        held = [self._fetch(file, folder) for file in files]
        inputs = held if staged is None else [staged, *held]
        with failures(self._prefix):
            paths = merge_sorted(inputs, folder, former=former) if inputs else []
            found = Outcome(0) if staged is None else outcome(staged, held, sent)
        return self._put(paths, folder), found

    def _modernise(self, table: DeltaTable, folder: Path) -> bool:
        """Bring a table of before to the form of now, in one commit; False when another writer was first."""
        files = _files(table)
        added, _ = self._rewrite(None, files, folder, former=True)
        done = self._commit(table, added, [], replacing=True)
        logs.info(log, "brought to the form of now", table=self._prefix, files=len(files), done=done)
        return done

    def _put(self, paths: Sequence[Path], folder: Path) -> list[DataFile]:
        """Put the files of a folder beside the table's, and take the folder away."""
        with failures(self._prefix):
            measured = [(path, measure(path)) for path in paths]
        added = [self._upload(path, extent) for path, extent in measured if extent is not None]
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
        found: Outcome | None = None,
        data_change: bool = True,
        replacing: bool = False,
    ) -> bool:
        """Write the log entry after `table`'s version; False when another writer was first.

        `replacing` takes the place of all the table held, its columns too. What was `found` is noted in the entry, so
        that who delivers the transaction again learns it.
        """
        now = int(time.time() * 1000)
        actions: list[Any] = [
            AddAction(file.path, file.size, {}, now, data_change, file.extent.stats()) for file in added
        ]
        actions += [RemoveAction(file.path, data_change, now, file.size, {}) for file in removed]
        with failures(self._prefix):
            try:
                table.create_write_transaction(
                    actions,
                    "overwrite" if replacing else "append",
                    TABLE,
                    commit_properties=CommitProperties(
                        custom_metadata={transaction: json.dumps(asdict(found))} if transaction and found else None,
                        max_commit_retries=0,
                        app_transactions=[Transaction(transaction, 1)] if transaction else None,
                    ),
                )
            except CommitFailedError:
                return False
        return True


def _is_former(table: DeltaTable) -> bool:
    return any(field.name == "kwh" for field in table.schema().fields)


def _files(table: DeltaTable) -> list[DataFile]:
    """The live files. One whose writer left no statistics may hold anything."""
    actions = table.get_add_actions(flatten=True)
    rows = actions.num_rows
    held = set(actions.schema.names)

    def column(name: str) -> list[Any]:
        return list(actions.column(name).to_pylist()) if name in held else [None] * rows

    widest = _ANYTHING | (_OF_FORMER if _is_former(table) else {})
    edges = [
        [
            (lowest if low is None else low, highest if high is None else high)
            for low, high in zip(column(f"min.{name}"), column(f"max.{name}"), strict=True)
        ]
        for name, (lowest, highest) in widest.items()
    ]
    files = zip(column("path"), column("size_bytes"), column("num_records"), *edges, strict=True)
    return [DataFile(path, size, Extent(count or 0, *edge)) for path, size, count, *edge in files]


_TEXT = ("", "\U0010ffff")
_NUMBER = (-(2**15), 2**15 - 1)
_TIME = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
_ANYTHING: dict[str, tuple[Any, Any]] = dict(zip(EDGES, (_TEXT, _TEXT, _TIME, _NUMBER, _NUMBER, _TEXT), strict=True))
_OF_FORMER: dict[str, tuple[Any, Any]] = {
    "channel": (IMPORT, IMPORT),
    "minutes": (HALF_HOUR, HALF_HOUR),
    "quality": (ACTUAL, ACTUAL),
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

    version: int
    _query: QueryBuilder
    _files: list[DataFile]

    def execute(self, sql: str) -> RecordBatchReader:
        return self._query.execute(sql)

    def span(self, point: str) -> tuple[datetime, datetime] | None:
        """The first and last start that a point's readings may have; None when it has none."""
        starts = [extent.starts for extent in self._of(point)]
        if not starts:
            return None
        return max(FIRST, min(first for first, _ in starts)), min(LAST, max(last for _, last in starts))

    def alike(self, point: str | None, column: Callable[[Extent], tuple[Any, Any]]) -> Any | None:
        """What a column has in every row of a point (None: of all), when the files' statistics tell; else None."""
        found = {edge for extent in self._of(point) for edge in column(extent)}
        return found.pop() if len(found) == 1 else None

    def _of(self, point: str | None) -> list[Extent]:
        extents = [file.extent for file in self._files]
        return [extent for extent in extents if point is None or extent.points[0] <= point <= extent.points[1]]


@contextmanager
def opened(store: Store, account: str, version: int | None = None) -> Iterator[Opened | None]:
    """The account's table as it is now, or was at a version of it, or None when it has none."""
    table = ReadingsTable(store, account).open(version)
    with failures(f"readings/{account}"):
        if table is None:
            yield None
            return
        yield Opened(table.version(), register(QueryBuilder(), table), _files(table))


def register(query: QueryBuilder, table: DeltaTable) -> QueryBuilder:
    """Make a table known to a session as `readings`, in the form of now."""
    if not _is_former(table):
        return query.register("readings", table)
    query.register("former", table).execute(f"CREATE VIEW readings AS {FORMER.format(table='former')}").read_all()
    return query
