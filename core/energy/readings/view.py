"""One version of an account's readings table as something to ask with SQL.

Few and small files are fetched whole, all at once: that is one request each and one wait. Of large ones the engine
reads the parts that a question needs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import obstore
from arro3.core import RecordBatchReader
from deltalake import DeltaTable, QueryBuilder

from core.energy.readings.engine import failures, files_of, is_former, open_table
from core.energy.readings.files import DataFile, Extent, attach
from core.energy.readings.log import Log, Snapshot
from core.energy.readings.schema import FIRST, FORMER, LAST
from core.kernel.errors import unavailable
from core.kernel.fetching import together
from core.kernel.store import Store

WHOLE = 8 * 1024 * 1024
"""Bytes of files that are fetched whole to answer a question."""
CHUNK = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Opened:
    """One version of a table, known to its query session as `readings`, and its files of which something is wanted."""

    version: int
    _query: QueryBuilder
    _files: Sequence[DataFile]

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
        return [extent for extent in extents if point is None or extent.may_hold(point)]


@contextmanager
def opened(
    store: Store, account: str, version: int | None = None, *, wanted: Callable[[Extent], bool] = lambda _: True
) -> Iterator[Opened | None]:
    """The account's table as it is now, or was at a version of it, or None when it has none.

    `wanted` tells of a file's box whether what is asked may lie in it: nothing else must be asked for.
    """
    prefix = f"readings/{account}"
    with failures(prefix):
        newest = Log(store, prefix).newest()
        if newest is None:
            yield None
        elif version in (None, newest.version) and not newest.former:
            files = [file for file in newest.files.values() if wanted(file.extent)]
            with known(store, prefix, newest, files, QueryBuilder(), "readings") as query:
                yield Opened(newest.version, query, files)
        else:
            table = open_table(store, prefix, version)
            if table is None:
                raise unavailable(f"version {version} of {prefix} is kept no longer; begin anew with the newest")
            files = [file for file in files_of(table) if wanted(file.extent)]
            yield Opened(table.version(), register(QueryBuilder(), table), files)


@contextmanager
def known(
    store: Store, prefix: str, snapshot: Snapshot, files: Sequence[DataFile], query: QueryBuilder, name: str
) -> Iterator[QueryBuilder]:
    """Make rows of a table known to a session under a name: those of these files, and perhaps of others."""
    if files and sum(file.size for file in files) <= WHOLE and not snapshot.former:
        with tempfile.TemporaryDirectory(prefix="trefoil-") as folder:
            bring(store, prefix, files, Path(folder))
            with failures(prefix):
                attach(query, name, Path(folder))
            yield query
        return
    table = open_table(store, prefix, snapshot.version)
    if table is None:
        raise unavailable(f"the store did not serve {prefix}, which was taken away")
    yield register(query, table, name)


def bring(store: Store, prefix: str, files: Iterable[DataFile], folder: Path) -> list[Path]:
    """The files of a table in a folder of this machine, in their order. Those of a local store are linked, if they may.

    Raises `TrefoilError(UNAVAILABLE)` when one is not there.
    """

    def one(file: DataFile) -> Path:
        target, key = folder / file.name.replace("/", "_"), f"{prefix}/{file.name}"
        try:
            if store.folder is not None and _linked(store.folder / key, target):
                return target
            with failures(key), target.open("wb") as stream:
                for chunk in obstore.get(store.client, key).stream(min_chunk_size=CHUNK):
                    stream.write(chunk)
        except FileNotFoundError as error:
            raise unavailable(f"the store did not serve {key}") from error
        return target

    return together(store, one, files)


def _linked(path: Path, target: Path) -> bool:
    """Give a file a second name, which it has also when the first is taken away; False where the system does not."""
    try:
        target.hardlink_to(path)
    except FileNotFoundError:
        raise
    except OSError:  # another file system, or one without links
        return False
    return True


def register(query: QueryBuilder, table: DeltaTable, name: str = "readings") -> QueryBuilder:
    """Make a table of the engine's known to a session, in the form of now."""
    if not is_former(table):
        return query.register(name, table)
    query.register("former", table).execute(f"CREATE VIEW {name} AS {FORMER.format(table='former')}").read_all()
    return query
