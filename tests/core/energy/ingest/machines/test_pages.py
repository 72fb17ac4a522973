"""The JSON of Octopus Energy's API and of n3rgy: what lands of a page, and what is no page of theirs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.energy.ingest.machines import pages
from core.energy.ingest.source import Refused
from core.energy.readings.sources import Source
from core.energy.readings.zones import named
from tests.core.energy.ingest.files import MPAN, TRUSTED, Outcome, mpan, run

SOURCE = Source(files="*", point=MPAN, allow=TRUSTED.allow)
DAY = datetime(2026, 1, 14, tzinfo=UTC)
LONDON = named("Europe/London")
Interval = dict[str, Any]


def interval(begin: datetime, consumption: Any = 0.5, minutes: int = 30, *, local: bool = False) -> Interval:
    zone = LONDON if local else UTC
    first, last = (moment.astimezone(zone).isoformat() for moment in (begin, begin + timedelta(minutes=minutes)))
    return {
        "consumption": consumption,
        "interval_start": first.replace("+00:00", "Z"),
        "interval_end": last.replace("+00:00", "Z"),
    }


def octopus(results: list[Interval], following: str | None = None) -> bytes:
    return json.dumps({"count": len(results), "next": following, "previous": None, "results": results}).encode()


def day_of(begin: datetime, count: int = 48, *, local: bool = False) -> list[Interval]:
    """Newest first, as the service writes them."""
    every = [interval(begin + timedelta(minutes=30 * n), n * 7 % count + 0.125, local=local) for n in range(count)]
    return every[::-1]


def values(outcome: Outcome) -> dict[datetime, Decimal]:
    return {one.start: one.value for one in outcome.readings}


def test_a_page_lands_although_its_newest_interval_comes_first() -> None:
    outcome = run(octopus(day_of(DAY)), SOURCE)
    assert values(outcome) == {
        DAY + timedelta(minutes=30 * n): Decimal(n * 7 % 48) + Decimal("0.125") for n in range(48)
    }
    assert {(one.point, one.channel, one.minutes, one.quality) for one in outcome.readings} == {
        (MPAN, "import", 30, "actual")
    }
    assert (outcome.rejects, outcome.staged.rows, outcome.staged.accepted) == ([], 48, 48)
    assert sorted((one.line, one.start) for one in outcome.readings) == [
        (48 - n, DAY + timedelta(minutes=30 * n)) for n in reversed(range(48))
    ]


@pytest.mark.parametrize("change", [datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC)])
def test_offsets_tell_the_hour_that_comes_twice(change: datetime) -> None:
    outcome = run(octopus(day_of(change - timedelta(hours=1), 54, local=True)), SOURCE)
    assert (len(values(outcome)), outcome.rejects) == (54, [])
    assert min(values(outcome)) == change - timedelta(hours=1)


def test_a_page_that_is_not_the_last_one_says_so() -> None:
    said = "the page says that there are more; this file has only its own intervals"
    assert said in run(octopus(day_of(DAY), "https://api.octopus.energy/v1/x/?page=2"), SOURCE).staged.assumed
    assert said not in run(octopus(day_of(DAY)), SOURCE).staged.assumed


def test_export_is_what_the_sources_say() -> None:
    entry = Source(files="*", point=MPAN, channel="export", version=3)
    assert {(one.channel, one.version) for one in run(octopus(day_of(DAY)), entry).readings} == {("export", 3)}


def test_without_a_point_from_the_sources_it_is_refused() -> None:
    with pytest.raises(Refused, match="does not say whose readings these are"):
        run(octopus(day_of(DAY)))


@pytest.mark.parametrize(
    ("consumption", "wanted"),
    [
        (0, "0"),
        (0.1, "0.1"),
        ("0.25", "0.25"),
        (1e-3, "0.001"),
        (0.30000000000000004, "0.3"),
        (-0.5, "-0.5"),
        (12345.678901234, "12345.678901234"),
    ],
)
def test_every_digit_of_a_consumption_is_kept(consumption: Any, wanted: str) -> None:
    assert values(run(octopus([interval(DAY, consumption)]), SOURCE)) == {DAY: Decimal(wanted)}


def test_null_is_a_gap() -> None:
    outcome = run(octopus([interval(DAY, None), interval(DAY + timedelta(minutes=30))]), SOURCE)
    assert (len(outcome.readings), outcome.staged.gaps, outcome.rejects) == (1, 1, [])


FLAWED: dict[str, tuple[Interval, str]] = {
    "a word": (interval(DAY, "x"), "kWh is not a finite number"),
    "true": (interval(DAY, True), "kWh is not a finite number"),
    "a list": (interval(DAY, [0.5]), "kWh is not a finite number"),
    "a fault's value": (interval(DAY, 16777.215), "is what a meter shows that has no value"),
    "a day": (interval(DAY, minutes=1440), "an interval has 5, 10, 15, 30 or 60 minutes"),
    "an end before its start": (interval(DAY, minutes=-30), "an interval has 5, 10, 15, 30 or 60 minutes"),
    "no time": (interval(DAY) | {"interval_start": "yesterday"}, "a start is an ISO 8601 time with zone"),
    "no zone": (interval(DAY) | {"interval_start": "2026-01-14T00:00:00"}, "the start has no zone"),
    "an end without a zone": (interval(DAY) | {"interval_end": "2026-01-14T00:30:00"}, "the start has no zone"),
    "off the half hour": (interval(DAY + timedelta(minutes=5)), "the start is not on the half hour"),
}  # fmt: skip


@pytest.mark.parametrize("name", FLAWED)
def test_an_interval_that_is_none_costs_itself_alone(name: str) -> None:
    flawed, reason = FLAWED[name]
    entry = Source(files="*", point=MPAN)
    outcome = run(
        octopus([interval(DAY + timedelta(hours=1)), flawed, interval(DAY + timedelta(hours=2), 0.75)]), entry
    )
    assert [reject[0] for reject in outcome.rejects] == [2]
    assert reason in outcome.reasons[0]
    assert [one.line for one in outcome.readings] == [1, 3]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(0, 95), st.sampled_from([5, 10, 15, 30, 60, 45, -30]), st.sampled_from([0.5, 12, "1.5", None, "x", 0])),
        max_size=20, unique_by=lambda it: it[0],
    ), st.booleans(),
)  # fmt: skip
def test_what_lands_is_what_the_intervals_say(intervals: list[tuple[int, int, Any]], local: bool) -> None:
    summer = datetime(2026, 7, 14, 23, tzinfo=UTC)
    results = [
        interval(summer + timedelta(minutes=60 * n), value, minutes, local=local) for n, minutes, value in intervals
    ]
    outcome = run(octopus(results), SOURCE)
    good = [it for it in intervals if it[1] not in (45, -30) and it[2] != "x"]
    assert {(one.start, one.minutes, one.value) for one in outcome.readings} == {
        (summer + timedelta(minutes=60 * n), minutes, Decimal(str(value)))
        for n, minutes, value in good
        if value is not None
    }
    assert (outcome.staged.rows, outcome.staged.accepted) == (len(intervals), len(good))
    assert outcome.staged.gaps == sum(value is None for *_, value in good)


@settings(max_examples=20)
@given(st.data())
def test_a_page_that_is_cut_off_is_refused_and_its_beginning_can_be_looked_at(data: st.DataObject) -> None:
    page = octopus(day_of(DAY))
    first = page.index(b"}") + 1
    size = data.draw(st.integers(first, len(page) - 1))
    with pytest.raises(Refused, match="the JSON is not whole"):
        run(page[:size], SOURCE)
    found = run(page[:size], SOURCE, whole=False)
    assert len(found.readings) == min(page[:size].count(b"}"), 48)
    assert values(found).items() <= values(run(page, SOURCE)).items()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text('a"\\{}[],:', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('a"\\{}[]', max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(st.lists(JSON, min_size=1, max_size=6), st.data())
def test_the_beginning_of_a_list_is_closed_behind_what_is_whole_of_it(items: list[Any], data: st.DataObject) -> None:
    marked = [{"n": number, "item": item} for number, item in enumerate(items)]
    text = json.dumps({"list": marked}).encode()
    ends = [len(json.dumps({"list": marked[:number]})) - 2 for number in range(1, len(marked) + 1)]
    size = data.draw(st.integers(ends[0], len(text)))
    whole = sum(end <= size for end in ends)
    found = json.loads(pages.closed(text[:size]))["list"]
    assert found[:whole] == marked[:whole]
    assert len(found) <= whole + 1


@pytest.mark.parametrize("consumption", [b'"\x81"', b'"\xff\xfe"', b'"\\ud800"', b"0.5.5", b"1" * 100])
def test_bytes_that_are_no_text_are_rejected_or_refused(consumption: bytes) -> None:
    page = octopus([interval(DAY, 777)]).replace(b"777", consumption)
    try:
        assert run(page, SOURCE).readings == []
    except Refused as refusal:
        assert "the JSON is not whole" in str(refusal)


def test_json_of_another_kind_is_refused() -> None:
    for page in (
        b'{"results": [{"interval_start": "x"}]}',
        b'{"results": [{"interval_start": 1, "interval_end": 2, "consumption": 3}]}',
    ):
        with pytest.raises(Refused, match="not as the service writes it"):
            run(page, SOURCE)
    with pytest.raises(Refused):
        run(b'{"results": [{"from": "x"}]}', SOURCE)
    later = interval(DAY)
    deep = octopus([{**later, "consumption": 777}]).replace(b'"consumption": 777, ', b"")
    deep = deep.replace(b"}]}", b', "consumption": ' + b"[\n" * 100_000)
    with pytest.raises(Refused, match="the JSON is not whole"):
        run(deep, SOURCE)


def test_a_page_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_BYTES", 1 << 20)
    with pytest.raises(Refused, match="the JSON has more than 1 MiB; send it in parts"):
        run(octopus(day_of(DAY)) + b"\n" * (1 << 20), SOURCE)


def test_a_month_on_one_line_is_read() -> None:
    """As the service writes a page of up to 25,000 intervals."""
    content = octopus(day_of(DAY, 31 * 48))
    assert content.count(b"\n") == 0
    assert len(run(content, SOURCE).readings) == 31 * 48


def test_a_page_without_intervals_has_no_rows() -> None:
    assert run(octopus([]), SOURCE).staged.rows == 0


def n3rgy(
    ends: list[tuple[str, Any]],
    kind: str = "electricity",
    direction: str = "consumption",
    point: str = MPAN,
    **said: Any,
) -> bytes:
    answer = {
        "resource": f"/mpxn/{point}/utility/{kind}/readingtype/{direction}?start=202601140030&end=202601150000",
        "unit": "kWh", "granularity": "halfhour",
        "devices": [{"deviceId": "00-11", "values": [{"timestamp": end, "primaryValue": value} for end, value in ends]}],
    }  # fmt: skip
    return json.dumps({name: value for name, value in {**answer, **said}.items() if value is not None}).encode()


def ends_of(begin: datetime, count: int = 48) -> list[tuple[str, float]]:
    return [(f"{begin + timedelta(minutes=30 * (n + 1)):%Y-%m-%d %H:%M}", n * 7 % count + 0.125) for n in range(count)]


def test_times_of_n3rgy_are_the_ends_of_half_hours_in_utc() -> None:
    for begin in (DAY, datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)):
        ends = ends_of(begin)
        assert (ends[0][0][-5:], ends[-1][0][-5:]) == ("00:30", "00:00")
        outcome = run(n3rgy(ends), None)
        assert values(outcome) == {
            begin + timedelta(minutes=30 * n): Decimal(str(value)) for n, (_, value) in enumerate(ends)
        }
        assert {(one.point, one.channel) for one in outcome.readings} == {(MPAN, "import")}
        assert (outcome.staged.rows, outcome.staged.accepted, outcome.rejects) == (48, 48, [])


@pytest.mark.parametrize("direction", ["production", "export"])
def test_production_is_export(direction: str) -> None:
    assert {one.channel for one in run(n3rgy(ends_of(DAY), direction=direction)).readings} == {"export"}


def test_the_point_is_that_of_the_resource_or_of_the_sources() -> None:
    assert {one.point for one in run(n3rgy(ends_of(DAY), point=mpan(7)), SOURCE).readings} == {mpan(7)}
    assert {one.point for one in run(n3rgy(ends_of(DAY), resource=None), SOURCE).readings} == {MPAN}
    for answer, entry in (
        (n3rgy(ends_of(DAY), resource=None), None),
        (n3rgy(ends_of(DAY), point="1012345678904"), SOURCE),
    ):
        with pytest.raises(Refused, match="names no point"):
            run(answer, entry)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"kind": "gas", "unit": "m3"}, "no electricity in kWh"),
        ({"kind": "gas"}, "no electricity in kWh"),
        ({"unit": "m3"}, "no electricity in kWh"),
        ({"unit": None}, "no electricity in kWh"),
        ({"granularity": "day"}, "the answer has values of a day; ask for the granularity halfhour"),
        ({"granularity": "month"}, "the answer has values of a month"),
    ],
)
def test_what_is_no_electricity_of_half_hours_is_refused(said: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        run(n3rgy(ends_of(DAY), **said), SOURCE)


def test_values_of_several_devices_all_land() -> None:
    devices = [
        {
            "deviceId": str(n),
            "values": [{"timestamp": end, "primaryValue": value} for end, value in ends_of(DAY + timedelta(days=n))],
        }
        for n in range(2)
    ]
    outcome = run(n3rgy([], devices=[{"deviceId": "none"}, *devices]), None)
    assert (len(outcome.readings), outcome.staged.rows) == (96, 96)


@pytest.mark.parametrize(
    ("end", "value", "reason"),
    [
        ("2026-01-14 00:15", 0.5, "the start is not on the half hour"),
        ("2026-01-14", 0.5, "this is a day"),
        ("x", 0.5, "a start is an ISO 8601 time with zone"),
        ("2026-01-14 00:30", "x", "kWh is not a finite number"),
        ("2026-01-14 00:30", 16777.215, "is what a meter shows that has no value"),
    ],
)
def test_a_value_of_n3rgy_that_is_none_costs_itself_alone(end: str, value: Any, reason: str) -> None:
    outcome = run(n3rgy([("2026-01-14 06:30", 1.5), (end, value), ("2026-01-14 09:00", 0.75)]), None)
    assert [reject[0] for reject in outcome.rejects] == [2]
    assert reason in outcome.reasons[0]
    assert len(outcome.readings) == 2


def test_an_answer_that_is_cut_off_is_refused() -> None:
    answer = n3rgy(ends_of(DAY))
    for size in (len(answer) - 1, len(answer) // 2, 400):
        with pytest.raises(Refused, match="the JSON is not whole"):
            run(answer[:size], None)
        assert 0 < len(run(answer[:size], None, whole=False).readings) <= 48
