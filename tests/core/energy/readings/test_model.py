"""What is read, against a brute-force model: any mixture of channels, lengths, versions and qualities, in files that come
in any order and twice, around the days on which the clocks of each zone change.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.energy.ingest.handler import ingest
from core.energy.readings import answers, query, sources
from core.energy.readings.points import KINDS
from core.energy.readings.reading import MINUTES, QUALITIES, UNITS
from core.energy.readings.zones import named
from core.kernel.documents import Documents
from core.kernel.store import open_store
from tests.core.energy.ingest.files import mpan
from tests.core.energy.ingest.test_handler import drop
from tests.core.energy.readings.asking import totals

POINTS = (mpan(1), "NMI0001234", "10001234567", "30001234567890", "ES0021000000000001AA", "541448820000000017")
CREATED = 1.9e9
NIGHTS = (
    datetime(2026, 3, 28, 18, tzinfo=UTC),
    datetime(2026, 10, 24, 18, tzinfo=UTC),
    datetime(2025, 12, 31, 18, tzinfo=UTC),
)
"""Before the nights on which clocks change, and before a month's end."""


class Row(NamedTuple):
    point: str
    channel: str
    start: datetime
    minutes: int
    version: int
    value: Decimal
    quality: str

    def line(self) -> str:
        start = f"{self.start:%Y-%m-%dT%H:%M:%SZ}"
        fields = (
            self.point,
            self.channel,
            start,
            self.minutes,
            self.version,
            self.value,
            UNITS[self.channel],
            self.quality,
        )
        return ",".join(map(str, fields)) + "\n"


HEADER = "point,channel,start,minutes,version,value,unit,quality\n"


@st.composite
def files(draw: st.DrawFn) -> list[list[Row]]:
    """Files of rows. Each hour of a series has intervals of one length, so none overlaps another."""
    lengths = draw(st.lists(st.sampled_from(MINUTES), min_size=30, max_size=30))
    night = draw(st.sampled_from(NIGHTS))
    chosen = draw(st.lists(st.sampled_from(POINTS), min_size=1, max_size=3, unique=True))
    row = st.builds(
        _row,
        st.just(night),
        st.just(lengths),
        st.sampled_from(chosen),
        st.sampled_from(["import", "import", "export", "reactive-import"]),
        st.integers(0, 29),
        st.integers(0, 11),
        st.integers(1, 3),
        st.decimals(-1000, 1000, places=3),
        st.sampled_from(QUALITIES),
    )
    return draw(st.lists(st.lists(row, min_size=1, max_size=40), min_size=1, max_size=4))


def _row(
    night: datetime,
    lengths: list[int],
    point: str,
    channel: str,
    hour: int,
    place: int,
    version: int,
    value: Decimal,
    quality: str,
) -> Row:
    minutes = lengths[hour]
    start = night + timedelta(hours=hour, minutes=place * minutes % 60)
    return Row(point, channel, start, minutes, version, value, quality)


def kept(sent: list[list[Row]]) -> dict[tuple[str, str, datetime, int], Row]:
    """Of each reading the row that stays: no estimate before another, then the later file, then the later line."""
    best: dict[tuple[str, str, datetime, int], tuple[Any, Row]] = {}
    for number, rows in enumerate(sent):
        for line, row in enumerate(rows):
            key, rank = (row.point, row.channel, row.start, row.version), (row.quality != "estimated", number, line)
            if key not in best or rank > best[key][0]:
                best[key] = (rank, row)
    return {key: row for key, (_, row) in best.items()}


def periods(rows: list[Row], resolution: str, zone: Any) -> list[tuple[Any, Decimal, int, str]]:
    """By one loop: the period that each interval begins in, by the clock on the wall."""

    def period(row: Row) -> date | datetime:
        local = row.start.astimezone(zone).date()
        if resolution == "hour":
            return row.start.replace(minute=0)
        if resolution == "30m":
            return row.start.replace(minute=row.start.minute // 30 * 30)
        return local if resolution == "day" else local.replace(day=1)

    found = []
    for first, group in groupby(rows, key=period):
        members = list(group)
        worst = max((row.quality for row in members), key=QUALITIES.index)
        found.append(
            (first, sum((row.value for row in members), Decimal(0)), sum(row.minutes for row in members), worst)
        )
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files(), st.randoms(use_true_random=False))
def test_what_is_read_is_what_was_sent(
    tmp_path_factory: pytest.TempPathFactory, sent: list[list[Row]], random: Any
) -> None:
    store = open_store(tmp_path_factory.mktemp("store").as_uri())
    allowed = {"sources": [{"files": "*", "allow": ["register"], "stamp": "start"}]}  # whatever is drawn
    Documents(store).put(sources.document("A"), allowed)
    events = []
    for number, rows in enumerate(sent):
        content = HEADER + "".join(row.line() for row in rows)
        events.append(drop(store, f"{number}.csv", content.encode(), created=CREATED + number))
    deliveries = events + random.sample(events, len(events) // 2)
    random.shuffle(deliveries)
    landed = replaced = 0
    told = {}
    for event in deliveries:
        report = ingest(store, event)
        assert report is not None
        assert (report["status"], report["rejected"]) == ("accepted", 0), report
        met = report["landed"] + report["duplicates"] + report["conflicts"] - report["replaced"]
        assert report["readings"] == met
        told[report["id"]] = report
    for report in told.values():
        landed, replaced = landed + report["landed"], replaced + report["replaced"]
    stays = kept(sent)
    assert landed - replaced == len(stays)
    for point in {row.point for rows in sent for row in rows}:
        zone = named(next(kind.zone for kind in KINDS if kind.form.fullmatch(point)))
        for channel in ("import", "export"):
            for version in ("latest", 2):
                _compare(store, query.Series(point, channel, version=version, zone=zone), stays)


def _compare(store: Any, series: query.Series, stays: dict[tuple[str, str, datetime, int], Row]) -> None:
    of_series = [row for row in stays.values() if (row.point, row.channel) == (series.point, series.channel)]
    by_start: dict[datetime, Row] = {}
    for row in sorted(of_series, key=lambda row: row.version):
        if series.version in ("latest", row.version):
            by_start[row.start] = row
    rows = [by_start[start] for start in sorted(by_start)]
    found = query.readings(store, "A", series, limit=10**6)
    assert found is not None
    starts, values, minutes, qualities = (found.column(number).to_pylist() for number in range(4))
    assert starts == [row.start for row in rows]
    assert values == [row.value for row in rows]
    assert minutes == [row.minutes for row in rows]
    assert [QUALITIES[place] for place in qualities] == [row.quality for row in rows]
    for resolution in ("30m", "hour", "day", "month"):
        if resolution == "30m" and any(row.minutes > 30 for row in rows):
            with pytest.raises(answers.TooFineError):
                totals(store, "A", series, resolution=resolution)
            continue
        assert totals(store, "A", series, resolution=resolution) == periods(rows, resolution, series.zone)
