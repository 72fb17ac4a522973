"""The layouts of meter files that are understood: one declaration each."""

from __future__ import annotations

from core.energy.ingest.layouts.layout import Layout
from core.energy.ingest.layouts.long import LONG
from core.energy.ingest.layouts.records import RECORDS
from core.energy.ingest.layouts.wide import WIDE

LAYOUTS: tuple[Layout, ...] = (*LONG, *WIDE, *RECORDS)
