"""Where a quoted field that is open at the end of a line is closed (RFC 4180), in time that is linear in the lines."""

from __future__ import annotations

import re
from itertools import accumulate

_QUOTED = re.compile(rb'(?:[^"]+|"")*+')


def ends_in_quotes(line: bytes, *, inside: bool = False, delimiter: bytes = b",") -> bool:
    """Whether a quoted field is open at the end of a line that begins inside one, or at the start of a record."""
    at = 0
    if not inside:
        if b'"' not in line:
            return False
        inside = line.startswith(b'"')
        at = 1 if inside else 0
    while True:
        if inside:
            found = _QUOTED.match(line, at)
            at = found.end() if found else at
            if at == len(line):
                return True
            at += 1
        comma = line.find(delimiter, at)
        if comma < 0:
            return False
        # Only a quote right after a delimiter opens a field; elsewhere it is a character like any other.
        inside = line[comma + 1 : comma + 2] == b'"'
        at = comma + (2 if inside else 1)


class Lookahead:
    """What lies ahead of each line, asked from the first to the last.

    Whether a line closes a quote that it begins inside does not depend on where that was opened. So each is judged
    once, however many quotes are opened before it and never closed.
    """

    def __init__(self, lines: list[bytes], delimiter: bytes = b",") -> None:
        self._lines, self._delimiter = lines, delimiter
        self._ends = [0, *accumulate(map(len, lines))]
        self._closing = 0

    def closing(self, opened: int) -> int:
        """The line that closes a quote which is open at the end of line `opened`; as many as there are when none does.

        Never ask about an earlier line than before.
        """
        if self._closing <= opened:
            at = opened + 1
            while at < len(self._lines) and ends_in_quotes(self._lines[at], inside=True, delimiter=self._delimiter):
                at += 1
            self._closing = at
        return self._closing

    def size(self, first: int, end: int) -> int:
        """The bytes of the lines from `first` up to `end`, which is not counted."""
        return self._ends[end] - self._ends[first]
