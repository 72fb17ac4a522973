"""Files that say something of their values in a way that is easily passed over: understood, or refused naming it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from core.energy.ingest.handler import ingest
from core.energy.readings import sources
from core.energy.readings.table import ReadingsTable
from core.kernel.documents import Documents
from core.kernel.store import Store, open_store
from tests.core.energy.ingest.files import MPAN, mpan
from tests.core.energy.ingest.test_handler import drop, kwh

DAY = datetime(2026, 7, 14, 23, tzinfo=UTC)
CREATED = datetime(2026, 11, 1, tzinfo=UTC).timestamp()


def times(steps: int = 48, minutes: int = 30, begin: datetime = DAY) -> list[str]:
    return [f"{begin + timedelta(minutes=minutes * number):%Y-%m-%dT%H:%M:%SZ}" for number in range(steps)]


def load(number: int) -> str:
    return f"0.{(number * 17) % 48 + 100}"


def rows(form: str, steps: int = 48, minutes: int = 30, begin: datetime = DAY) -> str:
    """A line of this form for each interval; `{m}`, `{t}`, `{e}` and `{v}` are point, start, end and value."""
    starts = times(steps + 1, minutes, begin)
    return "".join(
        form.format(m=MPAN, t=starts[number], e=starts[number + 1], v=load(number)) + "\n" for number in range(steps)
    )


def wide(header: str, *values: str, day: str = "2026-07-15", point: str = MPAN) -> str:
    return f"mpan,date,{header}\n{point},{day},{','.join(values)}\n"


def clock(step: int) -> str:
    return ",".join(f"{minute // 60:02}:{minute % 60:02}" for minute in range(0, 24 * 60, step))


def numbered(count: int) -> str:
    return ",".join(f"hh{number:02}" for number in range(1, count + 1))


def sent(tmp_path: Path, content: str, *, created: float = CREATED, **said: Any) -> tuple[Store, dict[str, Any]]:
    store = open_store((tmp_path / "store").as_uri())
    if said:
        Documents(store).put(sources.document("A"), {"sources": [{"files": "*", **said}]})
    report = ingest(store, drop(store, "a.csv", content.encode(), created=created))
    assert report is not None
    assert report["rows"] == report["accepted"] + report["rejected"] + report["blank"]
    return store, report


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "the header says import, the sources export": (
        "mpan,start,import (kwh)\n" + rows("{m},{t},{v}"), {"channel": "export"}, "says another direction"),
    "wide columns of quarter hours": (wide(clock(15), *["0.25"] * 96), {}, "the columns 00:15, 00:45, 01:15, ..."),
    "wide columns of ten minutes": (wide(clock(10), *["0.25"] * 144), {}, "the columns 00:10"),
    "ninety-six numbered columns": (wide(numbered(96), *["1"] * 48, *["0"] * 48), {}, "the columns hh51"),
    "a wide file, and a stamp in the sources": (wide(clock(30), *["1"] * 48), {"stamp": "end"}, "this is a wide file"),
    "a wide file, and minutes in the sources": (wide(clock(30), *["1"] * 48), {"minutes": 60}, "this is a wide file"),
    "FlowDirection, of no known direction": (
        "mpan,start,kwh,FlowDirection\n" + rows("{m},{t},{v},X7"), {}, "no row can be used"),
    "an OBIS code": ("mpan,start,kwh,obis\n" + rows("{m},{t},{v},1-1:2.29.0"), {}, "the column 'obis'"),
    "a NEM suffix": ("nmi,start,kwh,suffix\n" + rows("NMI0001234,{t},{v},B1"), {}, "the column 'suffix'"),
    "a settlement period": ("mpan,start,kwh,SettlementPeriod\n" + rows("{m},{t},{v},7"), {}, "'settlement period'"),
    "values told apart by a column that nobody knows": (
        "mpan,start,kwh,leg\n" + rows("{m},{t},{v},a") + rows("{m},{t},9,b"), {}, "several values at"),
    "another unit in a second header": (
        "mpan,start,kwh\n" + rows("{m},{t},{v}") + "mpan,start,wh\n" + rows("{m},{t},500"), {}, "is another header"),
    "columns in another order in a second header": (
        "mpan,start,version,kwh\n" + rows("{m},{t},1,{v}") + "mpan,start,kwh,version\n" + rows("{m},{t},2,1"),
        {}, "is another header"),
    "rows above the header": (rows("{m},{t},{v}", 3) + "mpan,start,kwh\n" + rows("{m},{t},{v}"), {}, "looks like a row"),
    "a header that can't be used, and another": (
        "mpan,start,kwh,register\n" + rows("{m},{t},{v},1", 3) + "mpan,start,kwh\n" + rows("{m},{t},{v}"),
        {}, "the column 'register'"),
    "a direction above the header": ("Direction: Export\nmpan,start,kwh\n" + rows("{m},{t},{v}"), {}, "says 'Direction: "),
    "a unit above the header": ("Values in MWh\nmpan,start,kwh\n" + rows("{m},{t},{v}"), {}, "says 'MWh'"),
    "half hours, then quarter hours": (
        "mpan,start,kwh\n" + rows("{m},{t},{v}", 1440) + rows("{m},{t},{v}", 480, 15, DAY + timedelta(days=30)),
        {}, "starts between those of 30 minutes"),
    "half hours, then hours": (
        "mpan,start,kwh\n" + rows("{m},{t},{v}", 1440) + rows("{m},{t},{v}", 240, 60, DAY + timedelta(days=30)),
        {}, "has a reading every hour"),
    "hours, and one half hour among them": (
        "mpan,start,kwh\n" + rows("{m},{t},{v}", 240, 60) + rows("{m},{t},{v}", 1, 30, DAY + timedelta(minutes=30)),
        {}, "has a reading every hour"),
    "a quarter hour of each of many meters": (
        "mpan,start,kwh\n" + "".join(f"{mpan(n)},{t},0.25\n" for t in times(4, 15) for n in range(600)),
        {}, "starts between those of 30 minutes"),
    "three monthly totals of each of many meters": (
        "mpan,start,kwh\n"
        + "".join(f"{mpan(n)},2026-0{m}-01T00:00:00Z,30{n}\n" for n in range(40) for m in (1, 2, 3)),
        {}, "series have a reading every"),
    "days for starts": ("mpan,start,kwh\n" + f"{MPAN},2026-07-01,9.6\n", {"zone": "Europe/London"}, "this is a day"),
    "days with minutes in the sources": (
        "mpan,start,kwh\n" + rows("{m},{t},{v}", 30, 1440), {"minutes": 30}, "has a reading every day"),
    "half hours said to be hours": ("mpan,start,kwh\n" + rows("{m},{t},{v}", 96), {"minutes": 60}, "grid of their minutes"),
    "a register that rises in few of its steps": (
        "mpan,start,kwh\n" + "".join(f"{MPAN},{t},{12345 + n // 5}\n" for n, t in enumerate(times(480))),
        {}, "never falls"),
    "a register with a zero in it": (
        "mpan,start,kwh\n" + "".join(f"{MPAN},{t},{12345 + n * 0.3 if n != 77 else 0}\n" for n, t in enumerate(times(480))),
        {}, "never falls"),
    "a register that jitters": (
        "mpan,start,kwh\n"
        + "".join(f"{MPAN},{t},{12345 + n * 0.3 - (n % 17 == 0) * 0.4:.2f}\n" for n, t in enumerate(times(480))),
        {}, "never falls"),
    "a fixed offset, of a point from the sources": (
        "start,kwh\n" + "".join(f"2026-10-25T{n // 2:02}:{n % 2 * 30:02}:00+01:00,{load(n)}\n" for n in range(48)),
        {"point": MPAN}, "the offset of the other part of its day"),
    "the offset of after the change, before it": (
        "mpan,start,kwh\n"
        + "".join(f"{MPAN},2026-03-29T{n // 2:02}:{n % 2 * 30:02}:00+01:00,{load(n)}\n" for n in range(48)),
        {}, "the offset of the other part of its day"),
    "ends of hours in a column of times, in winter": (
        "prm,timestamp,kwh\n"
        + rows("30001234567890,{t},{v}", 24, 60, datetime(2026, 1, 15, tzinfo=UTC)), {"minutes": 60}, "ends of intervals"),
    "ends called starts, with their minutes": (
        "mpan,start,minutes,kwh\n" + rows("{m},{t},15,{v}", 96, 15, DAY + timedelta(minutes=15)), {}, "ends of intervals"),
    "points of another kind than the column's name says": (
        "mprn,start,kwh\n" + rows("6407000001,{t},{v}"), {}, "this is of kind nmi, and the column is called mprn"),
    "an MPAN with a suffix": ("point,start,kwh\n" + rows("{m}-1,{t},{v}"), {}, "this is no MPAN"),
    "several meters, and one point from the sources": (
        "meter,start,kwh\n" + rows("A1,{t},{v}") + rows("B2,{t},9"), {"point": MPAN}, "the column 'meter'"),
    "wide columns in no order": (
        wide(",".join([*clock(30).split(",")[2:], "00:00", "00:30"]), *map(str, range(1, 49))), {}, "put them in order"),
    "a direction between two parts": (
        "mpan,start,kwh\n" + rows("{m},{t},{v}") + "Direction: Export\nmpan,start,kwh\n" + rows("{m},{t},9"),
        {}, "says 'Direction: Export'"),
    "a unit between two parts": (
        "mpan,start,kwh\n" + rows("{m},{t},{v}") + "Values in Wh\n" + rows("{m},{t},500"), {}, "says 'Wh'"),
    "a second header with a column more": (
        "mpan,start,kwh\n" + rows("{m},{t},{v}") + "mpan,start,wh,note\n" + rows("{m},{t},500,"),
        {}, "is another header"),
    "a unit between two parts, with the commas that a spreadsheet adds": (
        "mpan,start,kwh\n" + rows("{m},{t},{v}") + "Values in MWh,,\n" + rows("{m},{t},500"), {}, "says 'MWh'"),
    "days of UTC in a second header": (
        wide(numbered(48), *["1"] * 48) + wide(numbered(48), *["1"] * 48, day="2026-07-16").replace("date", "date (utc)"),
        {}, "is another header"),
    "a second header of names that nobody knows": (
        "mpan,start,kwh\n" + rows("{m},{t},{v}") + "supply number,reading start,wh\n" + rows("{m},{t},500"),
        {}, "is another header"),
    "a register, and a load at the next version": (
        "mpan,start,version,kwh\n"
        + "".join(f"{MPAN},{t},1,{5000 + n * 0.4:.1f}\n" for n, t in enumerate(times()))
        + rows("{m},{t},2,{v}"), {}, "never falls"),
    "a register and a load, version by version in each half hour": (
        "mpan,start,version,kwh\n"
        + "".join(f"{MPAN},{t},1,{5000 + n * 0.4:.1f}\n{MPAN},{t},2,{load(n)}\n" for n, t in enumerate(times(1000))),
        {}, "never falls"),
    "a register of two weeks within a load": (
        "mpan,start,kwh\n"
        + rows("{m},{t},{v}", 260)
        + "".join(
            f"{MPAN},{t},{50000 + n * 0.4:.1f}\n" for n, t in enumerate(times(672, begin=DAY + timedelta(hours=130))))
        + rows("{m},{t},{v}", 100, 30, DAY + timedelta(hours=466)), {}, "never falls"),
    "hours of which a third are left out": (
        "mpan,start,kwh\n" + "".join(
            line + "\n" for n, line in enumerate(rows("{m},{t},{v}", 60, 60).splitlines()) if n % 3 != 2),
        {}, "has a reading every hour"),
    "half hours, then hours, all of it twice": (
        "mpan,start,kwh\n" + (rows("{m},{t},{v}") + rows("{m},{t},{v}", 24, 60, DAY + timedelta(days=1))) * 2,
        {}, "has a reading every hour"),
    "months of totals, then half hours": (
        "mpan,start,kwh\n"
        + "".join(f"{MPAN},{2023 + n // 12}-{n % 12 + 1:02}-01T00:00:00Z,30{n}\n" for n in range(34)) + rows("{m},{t},{v}"),
        {}, "has a reading every day"),
    "half hours, then a day of hours": (
        "mpan,start,kwh\n" + rows("{m},{t},{v}", 480) + rows("{m},{t},{v}", 24, 60, DAY + timedelta(days=10)),
        {}, "has a reading every hour"),
    "half hours twice, then hours": (
        "mpan,start,kwh\n" + rows("{m},{t},{v}", 480) * 2 + rows("{m},{t},{v}", 240, 60, DAY + timedelta(days=10)),
        {}, "has a reading every hour"),
    "half hours, and hours at the next version": (
        "mpan,start,version,kwh\n" + rows("{m},{t},1,{v}", 480) + rows("{m},{t},2,{v}", 240, 60),
        {}, "has a reading every hour"),
    "a load, and a register at the next version": (
        "mpan,start,version,kwh\n"
        + rows("{m},{t},1,{v}", 480)
        + "".join(f"{MPAN},{t},2,{12345 + n * 0.3:.1f}\n" for n, t in enumerate(times(480))),
        {}, "never falls"),
    "a load, then a register": (
        "mpan,start,kwh\n"
        + rows("{m},{t},{v}", 240)
        + "".join(f"{MPAN},{t},{12345 + n * 0.3:.1f}\n" for n, t in enumerate(times(1200, begin=DAY + timedelta(days=5)))),
        {}, "never falls"),
    "a register that begins anew": (
        "mpan,start,kwh\n" + "".join(f"{MPAN},{t},{(99800 + n * 0.4) % 100000:.1f}\n" for n, t in enumerate(times(1440))),
        {}, "never falls"),
    "a register with two zeros in it": (
        "mpan,start,kwh\n"
        + "".join(f"{MPAN},{t},{12345 + n * 0.4 if n not in (700, 701) else 0}\n" for n, t in enumerate(times(1440))),
        {}, "never falls"),
    "a unit that the sources say otherwise": (
        "mpan,start,wh\n" + rows("{m},{t},500"), {"unit": "kWh"}, "the values are Wh, and the account's sources say kWh"),
    "reactive energy above a wide file": ("Units: kVArh\n" + wide(clock(30), *["1"] * 48), {}, "says 'kVArh'"),
    "a clock above a wide file": ("All times are GMT\n" + wide(clock(30), *["1"] * 48), {}, "says 'GMT'"),
    "power in a column of energy": ("mpan,start,kwh,unit\n" + rows("{m},{t},{v},kW"), {}, "a unit is Wh, kWh"),
    "date and time in two columns": ("mpan,date,time,kwh\n" + rows("{m},15/07/2026,10:00,{v}"), {}, "stand in two columns"),
}  # fmt: skip
REJECTED: dict[str, tuple[str, dict[str, Any], int, str]] = {
    "a wide day that is yet to come": (wide(numbered(48), *["0.1"] * 48, day="2027-03-01"), {}, 1, "later than the file"),
    "a wide day of before there were any": (wide(numbered(48), *["0.1"] * 48, day="1950-03-01"), {}, 1, "before 1990"),
    "wide with other minutes": (
        f"mpan,date,minutes,{numbered(48)}\n{MPAN},2026-07-15,15,{','.join(['1'] * 48)}\n", {}, 1, "are half hours"),
    "an autumn day of which the last hour is empty": (
        wide(numbered(50), *["1"] * 48, "", "", day="2026-10-25"), {}, 1, "has 50 half hours"),
    "an autumn day of which the last hour is zero": (
        wide(numbered(50), *["1"] * 48, "0", "0", day="2026-10-25"), {}, 1, "has 50 half hours"),
    "a spring day by the clock, and values behind it": (
        wide(numbered(50), "1", "1", "", "", *["1"] * 44, "7", "8", day="2026-03-29"), {}, 1, "must be empty"),
    "a wide day that begins between half hours": (
        wide(numbered(48), *["1"] * 48, point="KTM-1"), {"kind": "free", "zone": "+05:45"}, 1, "begins at no half hour"),
    "no unit, neither in the header nor in its column": (
        "mpan,start,consumption,unit\n" + rows("{m},{t},{v},"), {}, 48, "no unit is said"),
    "a value under no name": ("mpan,start,kwh,\n" + rows("{m},{t},0,500"), {}, 48, "a column without a name"),
    "flags under no name": (
        f"mpan,date,{',,'.join(clock(30).split(','))}\n{MPAN},2026-07-15,{',E,'.join(['1'] * 48)}\n",
        {}, 1, "a column without a name"),
    "the header again": ("mpan,start,kwh\n" + rows("{m},{t},{v}") + "mpan,start,kwh\n", {}, 1, "the header again"),
    "an end that is not so many minutes later": (
        "mpan,start,end,minutes,kwh\n" + rows("{m},{t},{e},60,{v}"), {}, 48, "the end is not so many minutes"),
    "more than a supply carries in five minutes": (
        "mpan,start,end,kwh\n" + rows("{m},{t},{e},900000", 3, 5), {}, 3, "which no supply carries"),
    "a fault value of power": ("mpan,start,kw\n" + rows("{m},{t},16777.215", 3), {}, 3, "a meter shows that has no value"),
    "an end of the minute before": (
        "mpan,start,end,kwh\n" + f"{MPAN},2026-07-14T23:00:00Z,2026-07-14T23:29:00Z,1\n", {}, 1, "the end is not on a grid"),
    "a date and an hour in one number": ("mpan,start,kwh\n" + f"{MPAN},2026071423,1\n", {}, 1, "a day and an hour"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_is_refused_and_the_reason_names_what_it_says(tmp_path: Path, name: str) -> None:
    content, said, reason = REFUSED[name]
    store, report = sent(tmp_path, content, **said)
    assert (report["status"], kwh(store)) == ("refused", [])
    assert reason in report["reason"]


@pytest.mark.parametrize("name", REJECTED)
def test_rows_are_rejected_with_their_reason(tmp_path: Path, name: str) -> None:
    content, said, count, reason = REJECTED[name]
    _, report = sent(tmp_path, content, **said)
    assert report["rejected"] == count
    assert reason in report["first_rejects"][0]["reason"]


def test_consumption_is_of_the_direction_that_the_sources_say(tmp_path: Path) -> None:
    content = "consumption (kwh),start,end\n" + rows("{v},{t},{e}")
    store, report = sent(tmp_path, content, point=MPAN, channel="export")
    assert report["landed"] == 48
    assert any(told.startswith("channel export") for told in report["assumed"])
    assert (kwh(store), len(kwh(store, channel="export"))) == ([], 48)


def test_ends_with_minutes_of_their_own_are_put_at_their_starts(tmp_path: Path) -> None:
    content = "mpan,time,minutes,kwh\n" + rows("{m},{e},15,{v}", 96, 15)
    plain, _ = sent(tmp_path / "plain", content, stamp="end")
    quoted, _ = sent(tmp_path / "quoted", content.replace(",15,", ',"15",', 1), stamp="end")
    for store in (plain, quoted):
        found = kwh(store, begin=DAY, end=DAY + timedelta(minutes=15))
        assert found == [Decimal(load(0))]
        assert len(kwh(store)) == 96


@pytest.mark.parametrize(
    ("unit", "minutes", "value", "wanted"),
    [("MW", 15, "0.001", "0.25"), ("MW", 5, "0.012", "1"), ("kW", 30, "1", "0.5"), ("kWh", 15, "0.25", "0.25")],
)
def test_power_between_start_and_end_is_energy_of_that_time(
    tmp_path: Path, unit: str, minutes: int, value: str, wanted: str
) -> None:
    store, _ = sent(tmp_path, f"mpan,start,end,{unit}\n" + rows(f"{{m}},{{t}},{{e}},{value}", 4, minutes), minutes=60)
    assert kwh(store) == [Decimal(wanted)] * 4


def test_what_is_yet_to_come_of_a_wide_day_is_a_gap_where_it_is_zero(tmp_path: Path) -> None:
    noon = datetime(2026, 10, 31, 12, tzinfo=UTC).timestamp()
    content = wide(numbered(48), *["0.1"] * 24, *["0"] * 24, day="2026-10-31")
    _, report = sent(tmp_path, content, created=noon)
    assert (report["readings"], report["gaps"]) == (24, 24)


def test_a_flag_at_a_value_makes_its_quality_no_better(tmp_path: Path) -> None:
    content = "mpan,start,quality,kwh\n" + f"{MPAN},2026-07-14T23:00:00Z,E,0.5A\n{MPAN},2026-07-14T23:30:00Z,A,0.5E\n"
    store, report = sent(tmp_path, content)
    assert report["landed"] == 2
    later = "mpan,start,kwh\n" + f"{MPAN},2026-07-14T23:00:00Z,1\n{MPAN},2026-07-14T23:30:00Z,1\n"
    report = ingest(store, drop(store, "b.csv", later.encode(), created=CREATED - 60)) or {}
    assert (report["replaced"], kwh(store)) == (2, [1, 1])


def test_what_a_column_says_is_not_told_to_be_from_the_sources(tmp_path: Path) -> None:
    content = "mpan,start,version,kwh\n" + rows("{m},{t},1,{v}")
    _, report = sent(tmp_path, content, point=mpan(7), version=3, unit="kWh")
    assert [told.partition(" (")[0] for told in report["assumed"]] == ["unit kWh"]


def test_a_column_that_the_sources_ignore_has_no_role(tmp_path: Path) -> None:
    _, report = sent(tmp_path, "mpan,start,kwh,status\n" + rows("{m},{t},{v},OK"), ignore=["Status"])
    assert (report["landed"], report["ignored_columns"]) == (48, ["status"])


def test_starts_that_are_yet_to_come_are_no_finer_step(tmp_path: Path) -> None:
    noon = (DAY + timedelta(hours=10)).timestamp()
    _, report = sent(tmp_path, "mpan,start,kwh\n" + rows("{m},{t},{v}"), created=noon)
    assert (report["status"], report["landed"], report["rejected"]) == ("accepted", 21, 27)


def test_five_corrections_here_and_there_are_no_step(tmp_path: Path) -> None:
    starts = times()
    content = "mpan,start,version,kwh\n" + "".join(f"{MPAN},{starts[n]},2,1.{n}\n" for n in (3, 9, 15, 30, 40))
    _, report = sent(tmp_path, content)
    assert (report["status"], report["landed"]) == ("accepted", 5)


def test_a_title_is_told_in_the_report(tmp_path: Path) -> None:
    content = "[Half hourly data]\nData export for Site 7,,\nmpan,start,kwh\n" + rows("{m},{t},{v}")
    _, report = sent(tmp_path, content)
    assert report["landed"] == 48
    assert "what stands above the header is a title: [Half hourly data] / Data export for Site 7" in report["assumed"]


def test_a_unit_that_is_left_blank_is_that_of_the_header(tmp_path: Path) -> None:
    store, report = sent(tmp_path, "mpan,start,kwh,unit\n" + rows("{m},{t},2,", 4))
    assert (report["rejected"], kwh(store)) == (0, [2, 2, 2, 2])


@pytest.mark.parametrize(
    ("column", "blank", "other", "wanted"),
    [
        ("quality", "", "E", ["actual", "estimated"]),
        ("channel", "", "export", ["import", "export"]),
        ("unit", "", "Wh", [Decimal(2), Decimal("0.002")]),
        ("unit", "", "kvarh", ["import", "reactive-import"]),
    ],
)
def test_a_blank_in_a_column_takes_nothing_from_other_rows(
    tmp_path: Path, column: str, blank: str, other: str, wanted: list[Any]
) -> None:
    lines = [f"{MPAN},{t},2,{other if n == 7 else blank}" for n, t in enumerate(times())]
    store, report = sent(tmp_path, f"mpan,start,kwh,{column}\n" + "\n".join(lines))
    assert (report["landed"], report["rejected"]) == (48, 0)
    table = ReadingsTable(store, "A").open()
    assert table is not None
    named = {"quality": "quality", "channel": "channel"}.get(column, "value" if other == "Wh" else "channel")
    sql = f"SELECT {named} FROM read_parquet({table.file_uris()!r}) ORDER BY line"
    found = [row[0] for row in duckdb.sql(sql).fetchall()]
    assert found == [wanted[n == 7] for n in range(48)]


@pytest.mark.parametrize("column", ["version", "minutes"])
def test_a_blank_version_or_length_is_rejected_and_not_that_of_another_row(tmp_path: Path, column: str) -> None:
    lines = [f"{MPAN},{t},2,{'' if n == 7 else 30 if column == 'minutes' else 2}" for n, t in enumerate(times())]
    _, report = sent(tmp_path, f"mpan,start,kwh,{column}\n" + "\n".join(lines))
    assert (report["landed"], report["rejected"]) == (47, 1)
    assert report["first_rejects"][0]["column"] == column


def _gapped() -> str:
    kept = [line for n, line in enumerate(rows("{m},{t},{v}", 1440).splitlines()) if (n * 7919) % 100 >= 20]
    return "mpan,start,kwh\n" + "\n".join(kept)


TAKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "a month of which a fifth is missing": (_gapped(), {}),
    "a correction a day, each of 30 minutes": (
        "mpan,start,version,minutes,kwh\n" + rows("{m},{t},2,30,{v}", 25, 1440), {}),
    "a load of two steps of its meter": (
        "mpan,start,kwh\n" + "".join(f"{MPAN},{t},0.{1 + n % 2}\n" for n, t in enumerate(times(1440))), {}),
    "an end that is the instant of the change": (
        f"mpan,start,end,kwh\n{MPAN},2026-10-25T01:30:00+01:00,2026-10-25T02:00:00+01:00,0.1\n", {}),
    "what people write above a header": (
        f"Report period,2026-07-01,2026-07-31\nMPAN,{MPAN},Site,Depot\nGenerated,2026-08-01T10:00:00Z,by portal\n"
        "WH Smith Ltd\nMeasurement data export\nmpan,start,kwh\n" + rows("{m},{t},{v}"), {}),
    "an index without a name, that is ignored": (
        ",mpan,start,kwh\n" + "".join(f"{n},{MPAN},{t},{load(n)}\n" for n, t in enumerate(times())), {"ignore": [""]}),
    "costs, and whose contract it is": (
        "mpan,start,kwh,Estimated Cost Inc. Tax (p),Contract End Date,Customer type\n"
        + rows("{m},{t},{v},3.1,2027-01-01,SME"), {}),
    "one meter of many that began half an hour late": (
        "mpan,start,kwh\n"
        + "".join(
            f"{mpan(n)},{t},{load(k)}\n"
            for n in range(20)
            for k, t in enumerate(times(48, begin=DAY + timedelta(minutes=30) * (n == 7)))
        ), {}),
    "hours of a clock without a leading zero": (
        wide(",".join(name.removeprefix("0") for name in clock(30).split(",")), *map(load, range(48))), {}),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_an_ordinary_file_lands_whole(tmp_path: Path, name: str) -> None:
    content, said = TAKEN[name]
    _, report = sent(tmp_path, content, **said)
    assert (report["status"], report["rejected"]) == ("accepted", 0), report["reason"]
    assert report["landed"] == report["readings"] > 0


@pytest.mark.parametrize(
    "line",
    [
        "Units,kWh",
        "From,2026-07-15,To,2026-07-16",
        "Max demand 45.2 kW",
        "Total MWh,0.0123",
        "Reactive energy is not included",
        f"MPAN,{MPAN},Unit,kWh",
    ],
)
def test_a_last_line_that_says_something_is_one_that_is_rejected(tmp_path: Path, line: str) -> None:
    _, report = sent(tmp_path, "mpan,start,kwh\n" + rows("{m},{t},{v}") + line + "\n")
    assert (report["status"], report["landed"], report["rejected"]) == ("accepted", 48, 1)


@pytest.mark.parametrize("row", ["{m},{t},0.5,meter swap, new 5 kW PV", "{m},n/a,0.5,new 5 kW PV", "{m},Time,Date,A"])
def test_a_row_of_somebody_s_is_rejected_alone_whatever_its_words(tmp_path: Path, row: str) -> None:
    content = "mpan,start,kwh,notes\n" + row.format(m=MPAN, t=times()[40]) + "\n" + rows("{m},{t},{v},", 40)
    _, report = sent(tmp_path, content)
    assert (report["status"], report["landed"], report["rejected"]) == ("accepted", 40, 1)


def test_a_header_and_nothing_below_it_is_said(tmp_path: Path) -> None:
    _, report = sent(tmp_path, "mpan,start,kwh\n")
    assert (report["status"], report["landed"]) == ("accepted", 0)
    assert "there is no row below the header" in report["assumed"]


def test_what_a_header_lacks_is_named(tmp_path: Path) -> None:
    _, report = sent(tmp_path, "mpan,begin of it,kwh\n" + rows("{m},{t},{v}"))
    assert report["reason"].endswith("no column is known as that of start")


def test_of_two_values_in_a_file_the_report_names_both_and_which_won(tmp_path: Path) -> None:
    start = times()[0]
    lines = [f"{MPAN},{start},A,0.5", f"{MPAN},{start},E,0.75", f"{MPAN},{times()[1]},A,1", f"{MPAN},{times()[1]},A,1"]
    _, report = sent(tmp_path, "mpan,start,quality,kwh\n" + "\n".join(lines))
    assert (report["landed"], report["duplicates"], report["conflicts"]) == (2, 1, 1)
    (conflict,) = report["first_conflicts"]
    assert (conflict["won"], conflict["lost"]) == ("0.5 (actual)", "0.75 (estimated)")
    assert (conflict["start"], conflict["why"]) == (start, "an estimate gives way")
