"""A file that could be used, if somebody said what it can't say."""

from __future__ import annotations

from core.energy.ingest.layouts.layout import Lack
from core.energy.ingest.source import Refused


class Lacking(Refused):
    """The file can't be used for what it does not say, and nobody else did."""

    def __init__(self, *lacks: Lack) -> None:
        super().__init__("; ".join(lack.why for lack in lacks))
        self.lacks = lacks
