"""Changes of a readings table on their way into it: which may take effect together, and what became of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.energy.readings.files import DataFile, Extent
from core.energy.readings.outcome import Outcome
from core.kernel.errors import Code, TrefoilError


@dataclass(frozen=True, slots=True)
class Change:
    """A local Parquet file whose rows are to come into the table, once.

    `transaction` identifies the change: merging it again is recognised in the table itself and changes nothing.
    `extent` is the file's, None when it has no rows; `unique` says that it is known to hold no reading twice.
    `before_commit` is called right before the rows take effect, and may raise to prevent that.
    """

    staged: Path
    transaction: str
    unique: bool
    extent: Extent | None
    before_commit: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Merged:
    """The table version that holds a change's rows, and what became of them; None when that is no longer known."""

    version: int
    outcome: Outcome | None


class Merging:
    """Some changes of one table, until each has taken effect or failed.

    `prepared` has the files that were put beside the table's for a group of them, and what becomes of each, by the
    transactions and the files in whose place they come: a lost race does not make them anew.
    """

    def __init__(self, changes: Sequence[Change]) -> None:
        self._changes = changes
        self._ended: dict[str, Merged | Exception] = {}
        self._cleared: dict[str, set[str]] = {}
        self.prepared: dict[tuple[str, ...], tuple[list[DataFile], dict[str, Outcome]]] = {}

    @property
    def waiting(self) -> list[Change]:
        """Those that have not ended, in their order."""
        return [change for change in self._changes if change.transaction not in self._ended]

    def end(self, change: Change, how: Merged | Exception) -> None:
        self._ended[change.transaction] = how

    @contextmanager
    def ending(self, *changes: Change) -> Iterator[None]:
        """What is raised in the block is how these have ended; but a store that fails fails all of them."""
        try:
            yield
        except Exception as error:
            if isinstance(error, TrefoilError) and error.code is Code.UNAVAILABLE:
                raise
            for change in changes:
                self.end(change, error)

    def results(self) -> list[Merged | Exception]:
        return [self._ended[change.transaction] for change in self._changes]

    def cleared(self, change: Change) -> set[str]:
        """The files of the table that are known to share nothing with a change."""
        return self._cleared.setdefault(change.transaction, set())

    def goes_with(self, change: Change, group: Sequence[Change]) -> bool:
        """Whether no reading of a change can have to do with one of the group's, so that they may be in one file."""
        return all(_apart(change, other) for other in group)


def _apart(one: Change, other: Change) -> bool:
    if one.extent is None or other.extent is None:
        return True
    return not one.extent.meets(other.extent) and not one.extent.crosses(other.extent)
