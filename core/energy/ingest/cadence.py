"""How long the intervals of a file are that does not say it: by the steps between its first starts."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import pairwise

from core.energy.ingest import fields
from core.energy.ingest.fields import SLOT_MINUTES, Bad
from core.energy.ingest.layout import LONG, Layout
from core.energy.ingest.terms import Terms
from core.energy.ingest.words import END, MINUTES, POINT, STAMP, START
from core.energy.readings.reading import HALF_HOUR
from core.energy.readings.reading import MINUTES as LENGTHS

SAMPLE = 16 * 1024
"""Bytes of a file that are looked at."""
ENOUGH = 4
"""Starts that show a step."""


def sniff(layout: Layout, terms: Terms, sample: bytes) -> int:
    """The minutes of the file's readings: the terms', unless starts at a finer step show that half hours they are not.

    A coarser step shows nothing yet: half hours may be left out.
    """
    if layout.format != LONG or terms.minutes_said or END in layout.roles or MINUTES in layout.roles:
        return terms.minutes
    at, point = layout.position(START), layout.position(POINT)
    at = layout.position(STAMP) if at is None else at
    sample = sample[:SAMPLE]
    whole = sample[: sample.rfind(b"\n") + 1] or sample
    slots: dict[str, set[int]] = {}
    for row in csv.reader(whole.decode("utf-8", "replace").splitlines()):
        if at is not None and len(row) >= len(layout.names):
            slot = fields.instant(row[at], terms)
            if not isinstance(slot, Bad):
                slots.setdefault(row[point] if point is not None else "", set()).add(slot)
    steps: Counter[int] = Counter()
    for found in slots.values():
        ordered = sorted(found)
        steps.update(later - earlier for earlier, later in pairwise(ordered))
    if sum(steps.values()) < ENOUGH - 1:
        return terms.minutes
    step, count = steps.most_common(1)[0]
    minutes = step * SLOT_MINUTES
    return minutes if minutes in LENGTHS and minutes < HALF_HOUR and count * 2 >= sum(steps.values()) else terms.minutes
