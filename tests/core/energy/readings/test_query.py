"""Totals in the engine, against a model in Python; and what reading a point's whole life takes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import msgspec
import obstore
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.energy.ingest.handler import ingest
from core.energy.readings import query, sources
from core.energy.readings.periods import day_of
from core.energy.readings.view import Opened, opened
from core.energy.readings.zones import named
from core.kernel.events import ObjectCreated
from core.kernel.store import Store, open_store
from tests.core.energy.ingest.files import TRUSTED, mpan
from tests.core.energy.readings.asking import rows_that_come, totals

POINT, OTHER, THIRD = mpan(1), mpan(2), mpan(9)
LONDON = named("Europe/London")
HALF_HOUR = timedelta(minutes=30)
FIRST = datetime(1900, 1, 1, tzinfo=UTC)
LAST = datetime(2199, 12, 31, 23, 30, tzinfo=UTC)

Rows = list[tuple[datetime, int, Decimal]]


def fill(store: Store, rows: Rows, point: str = POINT) -> None:
    obstore.put(store.client, sources.document("A"), msgspec.json.encode(sources.Sources([TRUSTED])))
    lines = "".join(f"{point},{start.isoformat()},{version},{kwh}\n" for start, version, kwh in rows)
    key = f"incoming/A/{point}-{len(rows)}.csv"
    obstore.put(store.client, key, f"point,start,version,kwh\n{lines}".encode())
    report = ingest(store, ObjectCreated(key))
    assert report is not None
    assert report["rejected"] == 0


def asked(store: Store, resolution: str, limit: int = 10**6, **wanted: Any) -> list[tuple[date, Decimal]]:
    found = totals(store, "A", query.Series(POINT, zone=LONDON, **wanted), resolution=resolution, limit=limit)
    return [(total.start, total.value) for total in found]


def model(rows: Rows, resolution: str) -> list[tuple[date, Decimal]]:
    """By one loop over the half hours at their highest version."""
    latest = {start: kwh for start, _, kwh in sorted(rows)}
    days = {start: day_of(LONDON, start) for start in sorted(latest)}
    groups = groupby(days, key=lambda start: days[start] if resolution == "day" else days[start].replace(day=1))
    return [(first, sum((latest[start] for start in starts), Decimal(0))) for first, starts in groups]


# Dense around the nights on which clocks change, and anywhere.
STARTS = st.one_of(
    st.builds(lambda n: datetime(2026, 3, 28, 20, tzinfo=UTC) + n * HALF_HOUR, st.integers(0, 60)),
    st.builds(lambda n: datetime(2150, 10, 24, 20, tzinfo=UTC) + n * HALF_HOUR, st.integers(0, 60)),
    st.builds(lambda n: datetime(1968, 2, 17, 20, tzinfo=UTC) + n * HALF_HOUR, st.integers(0, 60)),
    st.builds(lambda n: FIRST + n * HALF_HOUR, st.integers(0, (LAST - FIRST) // HALF_HOUR)),
)
ROWS = st.lists(
    st.tuples(STARTS, st.integers(1, 3), st.decimals(-1000, 1000, places=9)),
    min_size=1,
    max_size=60,
    unique_by=lambda row: row[:2],
)


def _near(start: datetime) -> datetime:
    return start.replace(year=2026 + start.year % 2, day=min(start.day, 28))


@pytest.mark.parametrize("window", [timedelta(days=3653), timedelta(days=32)])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
def test_totals_are_those_of_the_model(tmp_path_factory: pytest.TempPathFactory, window: timedelta, rows: Rows) -> None:
    if window < timedelta(days=100):  # the rows of two years, in parts of a month
        rows = list({(_near(start), version): (_near(start), version, kwh) for start, version, kwh in rows}.values())
    store = open_store(tmp_path_factory.mktemp("store").as_uri())
    fill(store, rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(query, "WINDOW", window)
        for resolution in ("day", "month"):
            expected = model(rows, resolution)
            assert asked(store, resolution) == expected
            assert asked(store, resolution, limit=2) == expected[:2]
        found = query.readings(store, "A", query.Series(POINT), limit=10**6)
        assert found is not None
        starts, kwh = (found.column(name).to_pylist() for name in ("start", "value"))
        assert dict(zip(starts, kwh, strict=True)) == {start: value for start, _, value in sorted(rows)}
        assert starts == sorted(starts)
        few = query.readings(store, "A", query.Series(POINT), limit=3)
        assert few is not None
        assert few.column("start").to_pylist() == starts[:3]


def test_totals_within_bounds_and_of_one_version(store: Store) -> None:
    start = datetime(2026, 3, 28, 23, tzinfo=UTC)
    rows = [(start + n * HALF_HOUR, version, Decimal(version)) for n in range(60) for version in (1, 2)]
    fill(store, rows)
    fill(store, [(start - timedelta(days=400), 1, Decimal(7))], OTHER)
    begin, end = start + timedelta(hours=5), start + timedelta(hours=25)
    within = [row for row in rows if begin <= row[0] < end]
    assert asked(store, "day", begin=begin, end=end) == model(within, "day")
    assert asked(store, "day", begin=begin, end=end, version=1) == model([r for r in within if r[1] == 1], "day")
    assert asked(store, "month", version=3) == []
    assert asked(store, "day", begin=LAST, end=None) == asked(store, "day", end=FIRST) == []
    assert totals(store, "None", query.Series(POINT), resolution="day") == []


def test_a_point_that_is_not_there_has_no_totals_and_no_readings(store: Store) -> None:
    fill(store, [(datetime(2026, 1, 1, tzinfo=UTC), 1, Decimal(1))], OTHER)
    assert asked(store, "day") == []
    found = query.readings(store, "A", query.Series(POINT), limit=5)
    assert found is not None
    assert (found.num_rows, found.column_names) == (0, ["start", "value", "minutes", "quality"])


@pytest.fixture
def years(tmp_path: Path) -> Store:
    """Thirty years of a point, in two versions."""
    store = open_store((tmp_path / "years").as_uri())
    start = datetime(2000, 1, 1, tzinfo=UTC)
    fill(store, [(start + n * 24 * HALF_HOUR, version, Decimal(1)) for n in range(2 * 365 * 30) for version in (1, 2)])
    return store


def test_a_point_s_whole_life_is_summed_in_the_engine_in_parts_of_ten_years(
    years: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes to Python is counted: a row for each day. So memory is not the table's size, nor that of a point's life."""
    came = rows_that_come(monkeypatch)
    days = asked(years, "day")
    assert len(days) == 365 * 30
    assert sum(came) == 1 + len(days)  # the first and last start, and the days
    assert len(came) == 1 + 3
    came.clear()
    assert len(asked(years, "day", limit=100)) == 100
    assert len(came) == 1 + 1


def test_no_hour_is_cut_in_two_where_a_part_of_another_clock_would_end(store: Store) -> None:
    """By the clock of +05:45 months begin within an hour of UTC."""
    start = datetime(2000, 1, 1, 18, tzinfo=UTC)
    days = range(365 * 15)
    fill(store, [(start + timedelta(days=day) + half * HALF_HOUR, 1, Decimal(1)) for day in days for half in (0, 1)])
    hours = totals(store, "A", query.Series(POINT, zone=named("+05:45")), resolution="hour")
    assert [hour.start for hour in hours] == [start + timedelta(days=day) for day in days]
    assert {hour.value for hour in hours} == {2}


def test_parts_follow_each_other_without_gap(years: Store) -> None:
    begin, end = datetime(2000, 1, 1, tzinfo=UTC), datetime(2029, 12, 23, 12, tzinfo=UTC)
    with opened(years, "A") as table:
        assert table is not None
        parts = list(query.parts(table, [query.Series(POINT, zone=LONDON)]))
        assert all(one.last == other.first for one, other in pairwise(parts))
        assert (parts[0].first, parts[-1].last) == (begin, end + timedelta(microseconds=1))
        assert query.WINDOW - timedelta(days=31) < max(one.last - one.first for one in parts) <= query.WINDOW
        assert all(day_of(LONDON, one.first).day == 1 for one in parts)
        assert list(query.parts(table, [query.Series(OTHER)])) == []
        assert list(query.parts(table, [query.Series(POINT, begin=end + HALF_HOUR)])) == []
        assert list(query.parts(table, [query.Series(POINT, end=begin)])) == []


def test_a_stray_reading_of_another_point_costs_one_question_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file reaches over three centuries; the parts are still those of the point's own life."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    fill(store, [(start + n * HALF_HOUR, 1, Decimal(1)) for n in range(100)])
    key = "incoming/A/stray.csv"
    lines = f"{mpan(0)},{FIRST.isoformat()},1,1\n{THIRD},{LAST.isoformat()},1,1\n"
    obstore.put(store.client, key, f"point,start,version,kwh\n{lines}".encode())
    assert (ingest(store, ObjectCreated(key)) or {})["accepted"] == 2
    asked_for: list[str] = []
    execute = Opened.execute
    monkeypatch.setattr(Opened, "execute", lambda self, sql: asked_for.append(sql) or execute(self, sql))
    assert len(asked(store, "day")) == 3
    assert len(asked_for) == 2
