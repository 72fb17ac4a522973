"""How long the intervals of a file are that does not say it: by the steps between its first starts."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from core.energy.ingest import times
from core.energy.ingest.fields import Bad
from core.energy.ingest.header import Header, sample_rows
from core.energy.ingest.terms import Terms
from core.energy.ingest.times import SLOT_MINUTES
from core.energy.ingest.words import MINUTES, POINT
from core.energy.readings.reading import HALF_HOUR
from core.energy.readings.reading import MINUTES as LENGTHS

SAMPLE = 16 * 1024
"""Bytes of a file that are looked at."""
ENOUGH = 4
"""Starts that show a step."""


def sniff(header: Header, terms: Terms, sample: bytes) -> int:
    """The minutes of the file's readings: the terms', unless starts at a finer step show that half hours they are not.

    A coarser step shows nothing yet: half hours may be left out.
    """
    if not header.long or terms.minutes_said or header.until or MINUTES in header.roles:
        return terms.minutes
    point = header.position(POINT)
    slots: dict[str, set[int]] = {}
    for row in sample_rows(sample[:SAMPLE], header):
        slot = times.instant(" ".join(row[at].strip() for at in header.begin), terms)
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
