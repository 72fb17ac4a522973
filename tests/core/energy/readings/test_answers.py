"""What the engine writes, against the same written in Python; and pages of several points, which join to the whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import obstore
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.energy.ingest.handler import ingest
from core.energy.readings import answers, forms, query, sources
from core.energy.readings.answers import Page
from core.energy.readings.decimals import plain
from core.energy.readings.reading import QUALITIES
from core.energy.readings.view import opened
from core.energy.readings.zones import named
from core.kernel.clock import rfc3339
from core.kernel.events import ObjectCreated
from core.kernel.store import Store, open_store
from tests.core.energy.ingest.files import TRUSTED, mpan
from tests.core.energy.readings.asking import rows_that_come
from tests.core.energy.readings.test_query import STARTS

POINTS = [mpan(number) for number in (1, 2, 3)]
ABSENT = mpan(4)
HALF_HOUR = timedelta(minutes=30)
HEADER = "point,channel,start,minutes,version,value,unit,quality\n"
LARGEST = Decimal("999999999.999999999")

Row = tuple[str, datetime, int, Decimal, str]
VALUES = st.one_of(
    st.decimals(-LARGEST, LARGEST, places=9),
    st.decimals(-10, 10, places=3),
    st.integers(-999_999_999, 999_999_999).map(Decimal),
    st.sampled_from([Decimal("-0.000000001"), Decimal("0.100000000"), Decimal(0), Decimal(-100), LARGEST, -LARGEST]),
)
ROWS = st.lists(
    st.tuples(st.sampled_from(POINTS), STARTS, st.integers(1, 24), VALUES, st.sampled_from(QUALITIES)),
    min_size=1,
    max_size=50,
    unique_by=lambda row: row[:3],
)


def filled(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> Store:
    store = open_store(tmp_path_factory.mktemp("store").as_uri())
    obstore.put(store.client, sources.document("A"), msgspec.json.encode(sources.Sources([TRUSTED])))
    lines = [
        f"{point},import,{start.isoformat()},30,{version},{value:f},kWh,{quality}\n"
        for point, start, version, value, quality in rows
    ]
    key = "incoming/A/rows.csv"
    obstore.put(store.client, key, (HEADER + "".join(lines)).encode())
    report = ingest(store, ObjectCreated(key))
    assert report is not None
    assert (report["status"], report["rejected"]) == ("accepted", 0), report
    return store


def page(store: Store, series: list[query.Series], resolution: str, limit: int = 10**6) -> Page:
    with opened(store, "A") as table:
        assert table is not None
        return answers.page(table, series, resolution=resolution, limit=limit)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.sampled_from(["latest", 1, 2]))
def test_times_and_numbers_are_written_as_python_would(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], version: str | int
) -> None:
    store = filled(tmp_path_factory, rows)
    chosen = {row[:2]: row for row in sorted(rows, key=lambda row: row[2]) if version in ("latest", row[2])}
    for resolution in ("native", "30m"):
        found = page(store, [query.Series(point, version=version) for point in POINTS], resolution).found
        assert [one.point for one in found] == POINTS
        for one in found:
            of_point = [chosen[key] for key in sorted(chosen) if key[0] == one.point]
            assert one.start == [rfc3339(start) for _, start, _, _, _ in of_point]
            assert one.value == [plain(value) for _, _, _, value, _ in of_point]
            assert one.quality == [quality for *_, quality in of_point]
            assert (one.minutes, one.missing) == ([30] * len(of_point), [0] * len(of_point))
            (alone,) = page(store, [query.Series(one.point, version=version)], resolution).found
            assert alone == one


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, st.data())
def test_pages_join_to_the_whole(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], data: st.DataObject
) -> None:
    store = filled(tmp_path_factory, rows)
    zones = [named(data.draw(st.sampled_from(["Europe/London", "+10:00"]))) for _ in range(4)]
    series = [query.Series(point, zone=zone) for point, zone in zip(sorted([*POINTS, ABSENT]), zones, strict=True)]
    resolution = data.draw(st.sampled_from(["native", "30m", "hour", "day", "month"]))
    limit = data.draw(st.integers(1, 20))
    whole = page(store, series, resolution)
    joined: dict[str, list[Any]] = {}
    ahead, following = series, page(store, series, resolution, limit)
    while True:
        for one in following.found:
            joined.setdefault(one.point, []).extend(zip(one.start, one.value, one.quality, strict=True))
        if following.next is None:
            break
        assert sum(len(one.start) for one in following.found) == limit
        point, start = following.next
        ahead = [one for one in ahead if one.point >= point]
        began = datetime.fromisoformat(start)
        began = began if began.tzinfo else began.replace(tzinfo=ahead[0].zone)
        ahead[0] = query.Series(point, begin=began, zone=ahead[0].zone)
        following = page(store, ahead, resolution, limit)
    assert joined == {one.point: list(zip(one.start, one.value, one.quality, strict=True)) for one in whole.found}


@pytest.mark.parametrize("points", [[POINTS[0]], POINTS])
def test_json_is_what_a_dictionary_would_give_with_every_digit(points: list[str]) -> None:
    found = [answers.Found(one, ["2026-01-01"], ["-0.100000001"], ["actual"], [1440], [30]) for one in points]
    several = len(points) > 1
    columns = {"start": ["2026-01-01"], "minutes": [1440], "value": [Decimal("-0.100000001")], "quality": ["actual"]}
    columns["missing"] = [30]
    said = json.loads(forms.as_json(found, {"unit": "kWh"}, None, several=several), parse_float=Decimal)
    if several:
        assert said == {"unit": "kWh", "series": [{"point": one, **columns} for one in points], "next": None}
    else:
        assert said == {"point": points[0], "unit": "kWh", **columns, "next": None}


def test_no_more_points_are_read_than_a_page_can_hold(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes to Python is counted, and how often the engine is asked: of months once for all points, of half hours
    once for those that fill the page.
    """
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [(one, start + n * HALF_HOUR, 1 + n % 2, Decimal(1), "actual") for one in POINTS for n in range(100)]
    store = filled(tmp_path_factory, rows)
    came = rows_that_come(monkeypatch)
    series = [query.Series(point) for point in POINTS]
    assert [one.value for one in page(store, series, "month").found] == [["100"]] * 3
    assert came == [3]
    came.clear()
    assert page(store, series, "30m", limit=99).next == (POINTS[0], rfc3339(start + 99 * HALF_HOUR))
    assert came == [100]
    came.clear()
    assert page(store, series, "30m", limit=100).next == (POINTS[1], rfc3339(start))
    assert came == [100, 1]
    came.clear()
    assert page(store, series, "30m", limit=300).next is None
    assert came == [300]


def test_what_is_of_one_version_is_not_searched_for_the_latest(tmp_path_factory: pytest.TempPathFactory) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    store = filled(tmp_path_factory, [(POINTS[0], start, 7, Decimal(1), "actual")])
    with opened(store, "A") as table:
        assert table is not None
        for version, count in (("latest", 1), (7, 1), (6, 0)):
            parts = list(query.parts(table, [query.Series(POINTS[0], version=version)]))
            assert len(parts) == count
            assert not any("GROUP BY" in part.rows for part in parts)
