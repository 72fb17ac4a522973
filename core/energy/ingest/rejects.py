"""Rejected rows: every one goes to a file, the first ones into the report as well."""

from __future__ import annotations

import csv
import gzip
import io
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from core.energy.ingest.source import Refused

FIRST = 20
"""Rejects that the report itself holds."""
MAX_VALUE = 200
"""Characters of a rejected value that are kept."""
MAX_REJECTS = 1_000_000
"""Rejects of a file; with one more it is refused: it is no file of readings, and its list would help nobody."""
# What a spreadsheet takes for a formula: https://owasp.org/www-community/attacks/CSV_Injection
# At the beginning of a cell, and after what one may split cells at: semicolons, tabs and bars, whatever the quotes say.
_FORMULA = re.compile(r"(?:^|(?<=[;|\t\r\n]))(?=[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was not accepted: its line (from 1), the column at fault (None: the row as a whole), value, reason."""

    line: int
    column: str | None
    value: str
    reason: str


class Rejects:
    """Collects rejects into a CSV file with the header `line,column,value,reason`, packed by gzip while it is here.

    Of a file in an archive, `file`, its name comes before the line. `header` says that the list begins with one.

    Whoever opens it did not write the values: what a spreadsheet would take for a formula gets an apostrophe before it.
    """

    def __init__(self, path: Path, *, file: str | None = None, header: bool = True) -> None:
        self._file, self._header = ((file,) if file is not None else ()), header
        self.count = 0
        self.first: list[dict[str, Any]] = []
        self._path = path
        self._text: io.TextIOWrapper | None = None
        self._csv: Any = None

    def add(self, line: int, column: str | None, value: str, reason: str) -> None:
        """Note a rejected row. Raises `Refused` for one more than `MAX_REJECTS`."""
        if self.count == MAX_REJECTS:
            why = f"the first, in line {self.first[0]['line']}: {self.first[0]['reason']}"
            raise Refused(
                f"more than {MAX_REJECTS:,} rows are rejected ({why}); nothing was taken. Mend it and send it again"
            )
        reject = Reject(line, column, value if len(value) <= MAX_VALUE else value[:MAX_VALUE] + "...", reason)
        self.count += 1
        if len(self.first) < FIRST:
            self.first.append(asdict(reject))
        if self._text is None:
            # mtime=0 so that the same rejects give the same bytes.
            packed = gzip.GzipFile(self._path, "wb", compresslevel=1, mtime=0)
            self._text = io.TextIOWrapper(packed, encoding="utf-8", errors="backslashreplace", newline="")
            self._csv = csv.writer(self._text)
            if self._header:
                self._csv.writerow((*("file" for _ in self._file), "line", "column", "value", "reason"))
        said = (reject.line, reject.column or "", _harmless(reject.value), _harmless(reject.reason))
        self._csv.writerow((*map(_harmless, self._file), *said))

    @property
    def path(self) -> Path | None:
        """The complete file, once closed; None when nothing was rejected."""
        return self._path if self.count else None

    def __enter__(self) -> Rejects:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._text is not None:
            self._text.close()


def _harmless(text: str) -> str:
    return _FORMULA.sub("'", text)
