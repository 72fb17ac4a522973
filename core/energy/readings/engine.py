"""The table engine (deltalake) on a readings table: what it raises, and the tables that it has opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError, TableNotFoundError

from core.energy.readings.files import DataFile, Extent, widest
from core.kernel.store import Store
from core.kernel.store import failures as store_failures


def open_table(store: Store, prefix: str, version: int | None = None) -> DeltaTable | None:
    """The newest version of the table at a prefix, or that one; None when there is none, or that one is kept no longer.

    It takes some twenty requests to the store. Raises `TrefoilError(UNAVAILABLE)`.
    """
    with failures(prefix):
        try:
            return DeltaTable(store.table_uri(prefix), version=version, storage_options=store.table_options)
        except TableNotFoundError:
            return None


def is_former(table: DeltaTable) -> bool:
    """Whether it has the columns of before 2026-11."""
    return any(field.name == "kwh" for field in table.schema().fields)


def files_of(table: DeltaTable) -> list[DataFile]:
    """The live files. One whose writer left no statistics may hold anything."""
    actions = table.get_add_actions(flatten=True)
    rows = actions.num_rows
    held = set(actions.schema.names)

    def column(name: str) -> list[Any]:
        return list(actions.column(name).to_pylist()) if name in held else [None] * rows

    edges = [
        [
            (lowest if low is None else low, highest if high is None else high)
            for low, high in zip(column(f"min.{name}"), column(f"max.{name}"), strict=True)
        ]
        for name, (lowest, highest) in widest(former=is_former(table)).items()
    ]
    files = zip(column("path"), column("size_bytes"), column("num_records"), *edges, strict=True)
    return [DataFile(path, size, Extent(count or 0, *edge)) for path, size, count, *edge in files]


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
