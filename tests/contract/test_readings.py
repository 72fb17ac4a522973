"""Readings: versions, resolutions, exactness, paging, formats."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import httpx
import pytest
from arro3.io import read_ipc_stream

from core.kernel.documents import Documents
from tests.contract.system import System
from tests.contract.test_http import assert_problem

MPAN, OTHER = "1012345678903", "1012345678912"
READ_ONLY = "Readings1"
KIND = {"kind": "mpan", "zone": "Europe/London", "channels": ["import"], "minutes": [30]}
PATH = f"/api/accounts/{READ_ONLY}/readings"


@pytest.fixture(scope="module", autouse=True)
def data(system: System) -> None:
    """January 2026 of one point at version 1, its 15th again at version 3, and oddly exact values of another."""
    lines = ["point,start,version,kwh"]
    for day in range(1, 32):
        for half_hour in range(48):
            start = f"2026-01-{day:02}T{half_hour // 2:02}:{half_hour % 2 * 30:02}:00Z"
            lines.append(f"{MPAN},{start},1,0.1")
            if day == 15:
                lines.append(f"{MPAN},{start},3,0.2")
    values = ["999999999.999999999", "-999999999.999999999", "0.000000001", "-0", "1e-3", "00012.50", "+.5", "1."]
    lines += [f"{OTHER},2026-07-01T{n // 2:02}:{n % 2 * 30:02}:00Z,24,{value}" for n, value in enumerate(values)]
    lines += [f"{OTHER},2026-07-01T{n // 2:02}:{n % 2 * 30:02}:00Z,1,5" for n in range(8)]
    trust(system, READ_ONLY)
    report = system.ingest(READ_ONLY, "january.csv", "\n".join(lines))
    assert report["rejected"] == 0


def trust(system: System, account: str) -> None:
    """Have the account's sources say that values are right which no supply carries."""
    allowed = {"sources": [{"files": "*", "allow": ["bound"]}]}
    Documents(system.harness.store).put(f"sources/{account}.json", allowed)


def get(system: System, **query: Any) -> httpx.Response:
    return system.get(PATH, "rita", **query)


def test_latest_is_the_highest_version_of_each_half_hour(system: System) -> None:
    found = system.readings(READ_ONLY, point=MPAN)
    assert (found["point"], found["version"], found["next"]) == (MPAN, "latest", None)
    assert len(found["start"]) == len(found["value"]) == 31 * 48
    assert found["value"][14 * 48 : 15 * 48] == [0.2] * 48
    assert found["value"].count(0.1) == 30 * 48


@pytest.mark.parametrize(("version", "rows"), [(1, 31 * 48), (2, 0), (3, 48)])
def test_a_version_is_exactly_that_version(system: System, version: int, rows: int) -> None:
    found = system.readings(READ_ONLY, point=MPAN, version=version)
    assert (found["version"], len(found["value"])) == (version, rows)


def test_from_is_inclusive_and_to_exclusive(system: System) -> None:
    found = system.readings(READ_ONLY, point=MPAN, **{"from": "2026-01-02T00:00:00Z", "to": "2026-01-02T01:00:00Z"})
    assert found["start"] == ["2026-01-02T00:00:00Z", "2026-01-02T00:30:00Z"]


@pytest.mark.parametrize("start", ["2026-01-02T01:00:00+01:00", "2026-01-02T01:00:00 01:00", "2026-01-02"])
def test_times_may_have_any_zone_or_be_a_settlement_day(system: System, start: str) -> None:
    found = system.readings(READ_ONLY, point=MPAN, **{"from": start}, limit=1)
    assert found["start"] == ["2026-01-02T00:00:00Z"]


def test_every_written_digit_comes_back(system: System) -> None:
    reply = get(system, point=OTHER)
    assert b'"value":[999999999.999999999,-999999999.999999999,0.000000001,0,0.001,12.5,0.5,1]' in reply.content


def test_day_totals_are_exact(system: System) -> None:
    reply = get(system, point=MPAN, resolution="day")
    found = json.loads(reply.content, parse_float=Decimal)
    assert found["start"][:2] == ["2026-01-01", "2026-01-02"]
    assert found["value"] == [Decimal("4.8")] * 14 + [Decimal("9.6")] + [Decimal("4.8")] * 16


def test_month_totals_are_exact(system: System) -> None:
    reply = get(system, point=MPAN, resolution="month")
    assert b'"start":["2026-01-01"],"minutes":[44640],"value":[153.6]' in reply.content


def test_days_begin_at_local_midnight(system: System) -> None:
    """In July the settlement day begins at 23:00 UTC of the day before."""
    system.ingest(
        "Readings2",
        "july.csv",
        f"point,start,version,kwh\n{MPAN},2026-07-01T23:00:00Z,1,1\n{MPAN},2026-07-01T22:30:00Z,1,2\n",
    )
    found = system.readings("Readings2", point=MPAN, resolution="day")
    assert (found["start"], found["value"]) == (["2026-07-01", "2026-07-02"], [2, 1])


@pytest.mark.parametrize(("resolution", "limit"), [("30m", 500), ("day", 7), ("month", 1)])
def test_pages_join_to_the_whole(system: System, resolution: str, limit: int) -> None:
    whole = system.readings(READ_ONLY, point=MPAN, resolution=resolution)
    starts, kwh, cursor = [], [], None
    while True:
        query = {"point": MPAN, "resolution": resolution, "limit": limit} | ({"cursor": cursor} if cursor else {})
        page = system.readings(READ_ONLY, **query)
        starts += page["start"]
        kwh += page["value"]
        cursor = page["next"]
        if cursor is None:
            break
        assert len(page["start"]) == limit
    assert (starts, kwh) == (whole["start"], whole["value"])


def test_a_cursor_is_good_for_its_query_only(system: System) -> None:
    cursor = system.readings(READ_ONLY, point=MPAN, limit=1)["next"]
    assert_problem(get(system, point=OTHER, cursor=cursor), 422)
    assert_problem(get(system, point=MPAN, version=1, cursor=cursor), 422)
    assert_problem(get(system, point=MPAN, cursor="rubbish"), 422)


def test_csv_has_a_header_and_links_to_the_next_page(system: System) -> None:
    reply = get(system, point=MPAN, format="csv", limit=2)
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert reply.text == (
        "start,minutes,value,quality,missing\n2026-01-01T00:00:00Z,30,0.1,actual,0\n2026-01-01T00:30:00Z,30,0.1,actual,0\n"
    )
    following = system.send("GET", reply.links["next"]["url"], "rita")
    assert following.text.splitlines()[1] == "2026-01-01T01:00:00Z,30,0.1,actual,0"


def test_arrow_is_a_stream_of_exact_decimals(system: System) -> None:
    reply = get(system, point=OTHER, format="arrow")
    assert reply.headers["content-type"] == "application/vnd.apache.arrow.stream"
    table = read_ipc_stream(io.BytesIO(reply.content)).read_all()
    assert table.column("value").to_pylist()[0] == Decimal("999999999.999999999")
    assert table.column("start").to_pylist()[0] == "2026-07-01T00:00:00Z"


def test_points_have_first_and_last_start_and_row_count(system: System) -> None:
    assert system.get(f"/api/accounts/{READ_ONLY}/points", "rita").json() == {
        "points": [
            KIND
            | {"point": MPAN, "versions": [1, 3]}
            | {"first": "2026-01-01T00:00:00Z", "last": "2026-01-31T23:30:00Z", "rows": 32 * 48},
            KIND
            | {"point": OTHER, "versions": [1, 24]}
            | {"first": "2026-07-01T00:00:00Z", "last": "2026-07-01T03:30:00Z", "rows": 16},
        ]
    }


def test_a_point_without_readings_and_an_account_without_a_table_are_empty(system: System) -> None:
    for account, point in ((READ_ONLY, "9999999999999"), ("Account18", MPAN)):
        found = system.readings(account, point=point)
        assert (found["start"], found["value"], found["next"]) == ([], [], None)
    assert system.get("/api/accounts/Account18/points", "rita").json() == {"points": []}


COLUMNS = ("start", "minutes", "value", "quality", "missing")


def of(found: dict[str, Any]) -> dict[str, Any]:
    """An answer's columns, which a point's series has as well."""
    return {name: found[name] for name in COLUMNS}


@pytest.mark.parametrize("resolution", ["native", "30m", "hour", "day", "month"])
def test_several_points_in_one_call_are_each_as_in_a_call_of_its_own(system: System, resolution: str) -> None:
    alone = [system.readings(READ_ONLY, point=point, resolution=resolution) for point in (MPAN, OTHER)]
    found = system.readings(READ_ONLY, point=[OTHER, MPAN], resolution=resolution)
    assert found["series"] == [{"point": one["point"], **of(one)} for one in alone]
    assert (found["channel"], found["unit"], found["version"], found["next"]) == ("import", "kWh", "latest", None)
    assert system.readings(READ_ONLY, point="*", resolution=resolution) == found


def test_every_digit_of_several_points_comes_back(system: System) -> None:
    reply = get(system, point=[OTHER, MPAN], version=24)
    assert b'"value":[999999999.999999999,-999999999.999999999,0.000000001,0,0.001,12.5,0.5,1]' in reply.content


def test_a_point_without_readings_is_empty_among_others(system: System) -> None:
    nothing: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    found = system.readings(READ_ONLY, point=["1000000000000", MPAN, "9999999999999"], resolution="month")
    assert [(one["point"], len(one["start"])) for one in found["series"]] == [
        ("1000000000000", 0),
        (MPAN, 1),
        ("9999999999999", 0),
    ]
    assert found["series"][0] == {"point": "1000000000000", **nothing}
    found = system.readings("Account18", point=[MPAN, OTHER])
    assert (found["series"], found["next"]) == ([{"point": one, **nothing} for one in (MPAN, OTHER)], None)
    assert system.readings("Account18", point="*")["series"] == []
    assert_problem(system.get("/api/accounts/Account18/readings", "rita", point="*", **{"from": "January"}), 422)


def test_each_point_s_days_are_its_own_clock_s(system: System) -> None:
    """The same instants are in other days and months in London than in Melbourne's time of settlement."""
    nmi, names = "NMI0001234", (MPAN, "NMI0001234", OTHER)
    times = [f"{point},import,2026-06-30T{hour}:30:00Z,30,1,{hour}" for point in names for hour in (13, 14, 23)]
    allowed = {"sources": [{"files": "*", "allow": ["bound", "register"], "stamp": "start"}]}
    Documents(system.harness.store).put("sources/Readings4.json", allowed)
    header = "point,channel,start,minutes,version,value,unit,quality\n"
    report = system.ingest("Readings4", "zones.csv", header + "".join(f"{one},kWh,actual\n" for one in times))
    assert (report["status"], report["rejected"]) == ("accepted", 0), report
    wanted = {"resolution": "month", "from": "2026-06-30", "to": "2026-07-02"}
    alone = [system.readings("Readings4", point=point, **wanted) for point in sorted(names)]
    found = system.readings("Readings4", point=list(names), **wanted)
    assert found["series"] == [{"point": one["point"], **of(one)} for one in alone]
    assert {one["point"]: one["value"] for one in found["series"]} == {MPAN: [27, 23], OTHER: [27, 23], nmi: [13, 37]}
    assert system.readings("Readings4", point="*", **wanted) == found


@pytest.mark.parametrize(
    ("resolution", "limit"), [("30m", 700), ("30m", 1488), ("native", 749), ("day", 30), ("month", 1)]
)
@pytest.mark.parametrize("point", ["*", [MPAN, OTHER, "1012345678904", "2000000000001"]], ids=["all", "named"])
def test_pages_of_several_points_join_to_the_whole(
    system: System, resolution: str, limit: int, point: str | list[str]
) -> None:
    whole = system.readings(READ_ONLY, point=point, resolution=resolution)
    joined: dict[str, dict[str, list[Any]]] = {}
    query: dict[str, Any] = {"point": point, "resolution": resolution, "limit": limit}
    while True:
        page = system.readings(READ_ONLY, **query)
        for one in page["series"]:
            columns = joined.setdefault(one["point"], {name: [] for name in COLUMNS})
            for name in COLUMNS:
                columns[name] += one[name]
        if page["next"] is None:
            break
        assert sum(len(one["start"]) for one in page["series"]) == limit
        query["cursor"] = page["next"]
    assert [{"point": name, **columns} for name, columns in joined.items()] == whole["series"]
    assert whole["next"] is None


def test_csv_of_several_points_has_the_point_first_and_links_to_the_next_page(system: System) -> None:
    reply = get(system, point=[OTHER, MPAN], format="csv", resolution="day", limit=31)
    lines = reply.text.splitlines()
    assert lines[0] == "point,start,minutes,value,quality,missing"
    assert lines[1] == f"{MPAN},2026-01-01,1440,4.8,actual,0"
    assert len(lines) == 1 + 31
    following = system.send("GET", reply.links["next"]["url"], "rita")
    assert following.text.splitlines()[1:] == [f"{OTHER},2026-07-01,1440,14.001000001,actual,1200"]
    assert "next" not in following.links


def test_arrow_of_several_points_has_the_point_of_each_value(system: System) -> None:
    reply = get(system, point="*", format="arrow", resolution="month")
    table = read_ipc_stream(io.BytesIO(reply.content)).read_all()
    assert table.column_names == ["point", *COLUMNS]
    assert table.column("point").to_pylist() == [MPAN, OTHER]
    assert table.column("value").to_pylist() == [Decimal("153.6"), Decimal("14.001000001")]


def test_a_cursor_of_several_points_is_good_for_these_points_only(system: System) -> None:
    cursor = system.readings(READ_ONLY, point=[MPAN, OTHER], limit=1)["next"]
    for point in ("*", MPAN, [MPAN, OTHER, "1012345678904"]):
        assert_problem(get(system, point=point, cursor=cursor), 422)
    assert system.readings(READ_ONLY, point=[OTHER, MPAN], limit=1, cursor=cursor)["series"][0]["point"] == MPAN


def test_fifty_points_may_be_named_and_a_page_of_all_has_fifty(system: System) -> None:
    names = [f"1012345678{number:03}" for number in range(51)]
    assert len(system.readings(READ_ONLY, point=names[:50], resolution="month")["series"]) == 50
    problem = assert_problem(get(system, point=names, resolution="month"), 422)
    assert problem["errors"][0]["field"] == "point"  # type: ignore[index]
    named = {"sources": [{"files": "*", "kind": "free", "allow": ["bound"]}]}
    Documents(system.harness.store).put("sources/Readings5.json", named)
    lines = "".join(f"House {number:02},2026-01-01T00:00:00Z,1,{number}\n" for number in range(52))
    system.ingest("Readings5", "houses.csv", f"point,start,version,kwh\n{lines}")
    first = system.readings("Readings5", point="*", resolution="day")
    assert [one["value"] for one in first["series"]] == [[number] for number in range(50)]
    second = system.readings("Readings5", point="*", resolution="day", cursor=first["next"])
    assert [(one["point"], one["value"]) for one in second["series"]] == [("House 50", [50]), ("House 51", [51])]
    assert second["next"] is None


def test_a_full_page_of_several_points_has_25_000_values_and_stays_under_four_mebibytes(system: System) -> None:
    """Of the longest names and values that there can be."""
    from datetime import UTC, datetime, timedelta

    names = [f"{number} {'x' * 62}" for number in (1, 2)]
    first = datetime(2020, 1, 1, tzinfo=UTC)
    rows = (
        f"{name},{first + timedelta(minutes=30 * n):%Y-%m-%dT%H:%M:%SZ},1,-999999999.999999999\n"
        for name, count in zip(names, (12_500, 12_501), strict=True)
        for n in range(count)
    )
    free = {"sources": [{"files": "*", "kind": "free", "allow": ["bound"]}]}
    Documents(system.harness.store).put("sources/Readings6.json", free)
    report = system.ingest("Readings6", "long.csv", "point,start,version,kwh\n" + "".join(rows))
    assert report["accepted"] == 25_001
    for form in ("json", "csv", "arrow"):
        reply = system.get("/api/accounts/Readings6/readings", "rita", point=names, format=form)
        assert reply.status_code == 200
        assert len(reply.content) < 4 * 1024 * 1024
    found = system.readings("Readings6", point=names)
    assert [len(one["start"]) for one in found["series"]] == [12_500, 12_500]
    rest = system.readings("Readings6", point=names, cursor=found["next"])
    assert ([len(one["start"]) for one in rest["series"]], rest["next"]) == ([1], None)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "point"),
        ({"point": "x" * 65}, "point"),
        ({"point": "' OR 1=1 --"}, "point"),
        ({"point": [MPAN, "' OR 1=1 --"]}, "point"),
        ({"point": [MPAN, OTHER, MPAN]}, "point"),
        ({"point": [MPAN, "*"]}, "point"),
        ({"point": MPAN, "resolution": ["day", "month"]}, "resolution"),
        ({"point": MPAN, "version": "0"}, "version"),
        ({"point": MPAN, "version": "25"}, "version"),
        ({"point": MPAN, "version": "newest"}, "version"),
        ({"point": MPAN, "resolution": "week"}, "resolution"),
        ({"point": MPAN, "format": "xml"}, "format"),
        ({"point": MPAN, "limit": "0"}, "limit"),
        ({"point": MPAN, "limit": "50001"}, "limit"),
        ({"point": MPAN, "limit": "many"}, "limit"),
        ({"point": MPAN, "from": "2026-01-01T00:00:00"}, "from"),
        ({"point": MPAN, "from": "January"}, "from"),
        ({"point": MPAN, "to": "2026-13-01"}, "to"),
        ({"point": MPAN, "from": "2026-01-02", "to": "2026-01-02"}, "to"),
        ({"point": MPAN, "from": "0001-01-01T00:00:00+14:00"}, "from"),
        ({"point": MPAN, "to": "9999-12-31T23:59:59-14:00"}, "to"),
    ],
)
def test_a_query_that_makes_no_sense_is_422_naming_the_field(system: System, query: dict[str, Any], field: str) -> None:
    problem = assert_problem(get(system, **query), 422)
    assert problem["errors"][0]["field"] == field  # type: ignore[index]


def test_an_absurd_range_is_simply_all_there_is(system: System) -> None:
    found = system.readings(READ_ONLY, point=MPAN, **{"from": "0002-01-01", "to": "9998-12-31"})
    assert len(found["value"]) == 31 * 48


def test_a_full_page_stays_under_four_mebibytes(system: System) -> None:
    """50,000 of the longest values that there can be."""
    from datetime import UTC, datetime, timedelta

    first = datetime(2020, 1, 1, tzinfo=UTC)
    rows = (
        f"{MPAN},{first + timedelta(minutes=30 * n):%Y-%m-%dT%H:%M:%SZ},1,-999999999.999999999\n" for n in range(50_001)
    )
    trust(system, "Readings3")
    report = system.ingest("Readings3", "long.csv", "point,start,version,kwh\n" + "".join(rows))
    assert report["accepted"] == 50_001
    for form in ("json", "csv", "arrow"):
        reply = system.get("/api/accounts/Readings3/readings", "rita", point=MPAN, format=form)
        assert reply.status_code == 200
        assert len(reply.content) < 4 * 1024 * 1024
    assert system.readings("Readings3", point=MPAN)["next"] is not None
