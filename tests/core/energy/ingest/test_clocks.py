"""Hours that clocks show twice, or skip, as files write them: told where only one reading of them fits, else rejected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.energy.ingest import clocks
from core.energy.ingest.clocks import Clocks, told
from core.energy.ingest.fields import Bad
from core.energy.ingest.source import Refused
from core.energy.ingest.times import Twice
from core.energy.readings.sources import Source
from core.energy.readings.zones import named
from tests.core.energy.ingest.files import MPAN, Outcome, mpan, run

Row = tuple[tuple[int, ...], ...]
SLOTS = st.integers(0, 7)
CHOICES = st.lists(SLOTS, max_size=2, unique=True).map(tuple)
ONE_WAY = st.lists(st.tuples(CHOICES), min_size=1, max_size=6)
TWO_WAYS = st.lists(st.tuples(CHOICES, CHOICES), min_size=1, max_size=6)
BOUND = st.none() | SLOTS


def told_by_trying_all(rows: list[Row], before: int | None, after: int | None) -> list[int | None]:
    found: list[set[int]] = [set() for _ in rows]
    for way in range(len(rows[0])):
        for chosen in product(*(row[way] for row in rows)):
            series = [slot for slot in (before, *chosen, after) if slot is not None]
            if all(a < b for a, b in pairwise(series)) or all(a > b for a, b in pairwise(series)):
                for possible, slot in zip(found, chosen, strict=True):
                    possible.add(slot)
    return [possible.pop() if len(possible) == 1 else None for possible in found]


@settings(max_examples=400)
@given(ONE_WAY | TWO_WAYS, BOUND, BOUND)
def test_a_time_is_told_where_every_order_of_all_rows_gives_it(
    rows: list[Row], before: int | None, after: int | None
) -> None:
    assert told(rows, before, after) == told_by_trying_all(rows, before, after)


def test_one_time_that_was_twice_is_told_by_nothing_but_its_neighbours() -> None:
    twice: Row = ((12, 24),)
    assert told([twice], None, None) == [None]
    assert told([twice], 18, None) == [None]  # as the file may go up or down
    assert told([twice], 6, 18) == [12]
    assert told([twice], 30, 18) == [24]
    assert told([twice, twice], None, None) == [None, None]
    assert told([twice, twice], 6, 30) == [12, 24]
    assert told([twice, twice], 30, 6) == [24, 12]
    assert told([twice, twice, twice], 6, 30) == [None, None, None]


class Told:
    """What came of each row, in the order in which it was told."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, int | Bad]] = []
        self.clocks = Clocks(lambda row, slot: self.rows.append((row, slot)))


MOVES = st.lists(
    st.tuples(st.sampled_from("ab"), SLOTS | st.tuples(CHOICES) | st.tuples(CHOICES, CHOICES)), max_size=20
)


@given(MOVES)
def test_series_wait_by_themselves_and_each_row_is_given_back_once(moves: list[tuple[str, Any]]) -> None:
    together, alone = Told(), {"a": Told(), "b": Told()}
    for number, (series, what) in enumerate(moves):
        for one in (together, alone[series]):
            if isinstance(what, int):
                one.clocks.sure(series, what)
            else:
                one.clocks.hold(series, (series, number), Twice("twice", what))
    for one in (together, *alone.values()):
        one.clocks.end()
    held = [(series, number) for number, (series, what) in enumerate(moves) if not isinstance(what, int)]
    assert sorted(row for row, _ in together.rows) == sorted(held)
    for series, one in alone.items():
        assert [row for row in together.rows if row[0][0] == series] == one.rows


def test_rows_that_wait_for_long_are_rejected_and_not_kept() -> None:
    found = Told()
    for number in range(3 * clocks.MAX_HELD):
        found.clocks.hold("a", number, Twice("was twice", ((12, 24),)))
    assert len(found.rows) >= 2 * clocks.MAX_HELD
    found.clocks.end()
    assert found.rows == [(number, Bad("was twice")) for number in range(3 * clocks.MAX_HELD)]


ZONES = ("Europe/London", "Europe/Dublin", "Europe/Madrid")
CHANGES = {
    "back": datetime(2026, 10, 25, 1, tzinfo=UTC),
    "forward": datetime(2026, 3, 29, 1, tzinfo=UTC),
}
MPRN = "10012345678"
ALLOWED: dict[str, Any] = {"files": "*", "allow": ["future", "past", "fault", "bound", "register", "offset"]}


def shown(moment: datetime, zone: tzinfo) -> datetime:
    """What clocks show."""
    return moment.astimezone(zone).replace(tzinfo=None)


def ways_of(stamp: str, minutes: int, zone: tzinfo) -> dict[str, Callable[[datetime], datetime]]:
    """How the time of the interval that begins at an instant is written."""
    step = timedelta(minutes=minutes)
    if stamp == "start":
        return {"as clocks show it": lambda begin: shown(begin, zone)}
    return {
        "as clocks show it": lambda begin: shown(begin + step, zone),
        "so long after what they showed": lambda begin: shown(begin, zone) + step,
    }


WRITTEN = [
    (stamp, minutes, way)
    for stamp in ("start", "end")
    for minutes in (15, 30, 60)
    for way in ways_of(stamp, minutes, UTC)
]


def starts(change: datetime, minutes: int, hours: int = 30) -> list[datetime]:
    """Of every interval from the evening before clocks change to the evening after."""
    step = timedelta(minutes=minutes)
    begin = change - timedelta(hours=hours // 2)
    return [begin + step * number for number in range(hours * 60 // minutes)]


def value(begin: datetime) -> str:
    """Another one for each interval."""
    return f"0.{int(begin.timestamp()) // 300 * 777_317 % 10**6:06}"


def right(outcome: Outcome, begins: Iterable[datetime]) -> None:
    """Whether each reading is that of its interval, and none of the intervals lacks."""
    by_start = {reading.start: f"{reading.value:.6f}" for reading in outcome.readings}
    assert outcome.rejects == []
    assert by_start == {begin: value(begin) for begin in begins}


def long(begins: list[datetime], write: Callable[[datetime], datetime]) -> bytes:
    lines = [f"{MPAN},{write(begin):%Y-%m-%d %H:%M},{value(begin)}" for begin in begins]
    return "\n".join(["mpan,timestamp,kwh", *lines]).encode()


def said(stamp: str, minutes: int, zone: str) -> Source:
    return Source(**ALLOWED, stamp=stamp, minutes=minutes, zone=zone)  # type: ignore[arg-type]


@pytest.mark.parametrize("order", ["oldest first", "newest first"])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("zone", ZONES)
def test_a_whole_night_of_times_without_offset_comes_back_in_every_way_to_write_it(
    zone: str, change: str, order: str
) -> None:
    for stamp, minutes, way in WRITTEN:
        begins = starts(CHANGES[change], minutes)[:: -1 if order == "newest first" else 1]
        write = ways_of(stamp, minutes, named(zone))[way]
        right(run(long(begins, write), said(stamp, minutes, zone)), begins)


@settings(max_examples=50)
@given(st.sampled_from(ZONES), st.sampled_from(sorted(CHANGES)), st.sampled_from(WRITTEN), st.booleans(), st.data())
def test_what_lands_of_a_night_with_gaps_is_right_and_the_rest_is_rejected(
    zone: str, change: str, written: tuple[str, int, str], newest_first: bool, data: st.DataObject
) -> None:
    stamp, minutes, way = written
    every = starts(CHANGES[change], minutes, hours=8)
    begins = [begin for begin in every if data.draw(st.booleans())] or every[:1]
    if newest_first:
        begins.reverse()
    outcome = run(long(begins, ways_of(stamp, minutes, named(zone))[way]), said(stamp, minutes, zone))
    for reading in outcome.readings:
        assert f"{reading.value:.6f}" == value(reading.start)
    assert len(outcome.readings) + len(outcome.rejects) == len(begins)
    assert all("clocks were put" in reason for reason in outcome.reasons)
    sure = [begin for begin in begins if abs(begin - CHANGES[change]) > timedelta(hours=2)]
    assert {reading.start for reading in outcome.readings} >= set(sure)


def test_a_night_of_which_rows_are_missing_is_told_by_those_that_are_there() -> None:
    zone = named("Europe/London")
    change = CHANGES["back"]
    every = starts(change, 30, hours=6)
    write = ways_of("start", 30, zone)["as clocks show it"]
    begins = [begin for begin in every if begin != change + timedelta(minutes=30)]
    right(run(long([*begins[:5], *begins[6:]], write), said("start", 30, "Europe/London")), [*begins[:5], *begins[6:]])
    alone = [begin for begin in every if not change - timedelta(hours=1) <= begin < change]
    outcome = run(long(alone, write), said("start", 30, "Europe/London"))
    lost = [change, change + timedelta(minutes=30)]
    assert [reading.start for reading in outcome.readings] == [begin for begin in alone if begin not in lost]
    assert [reject[2] for reject in outcome.rejects] == ["2026-10-25 01:00", "2026-10-25 01:30"]
    assert "write it with its offset" in outcome.reasons[0]


def test_meters_that_take_turns_in_a_file_are_told_each_by_itself() -> None:
    zone = named("Europe/London")
    begins = starts(CHANGES["back"], 30, hours=8)
    write = ways_of("start", 30, zone)["as clocks show it"]
    other = mpan(7)
    lines = [f"{point},{write(begin):%Y-%m-%d %H:%M},{value(begin)}" for begin in begins for point in (MPAN, other)]
    outcome = run("\n".join(["mpan,timestamp,kwh", *lines]).encode(), said("start", 30, "Europe/London"))
    assert outcome.rejects == []
    for point in (MPAN, other):
        assert {r.start: f"{r.value:.6f}" for r in outcome.readings if r.point == point} == {
            b: value(b) for b in begins
        }


@pytest.mark.parametrize("unit", ["kW", "kWh"])
@pytest.mark.parametrize("form", ["%d-%m-%Y %H:%M", "%d/%m/%Y %H:%M"])
@pytest.mark.parametrize("way", ways_of("end", 30, UTC))
@pytest.mark.parametrize("change", CHANGES)
def test_esb_networks_file_lands_whole_newest_first(change: str, way: str, form: str, unit: str) -> None:
    begins = starts(CHANGES[change], 30, hours=96)[::-1]
    write = ways_of("end", 30, named("Europe/Dublin"))[way]
    kwh = {begin: value(begin) for begin in begins}
    lines = [
        f"{MPRN},000000000012345678,{float(kwh[begin]) * (2 if unit == 'kW' else 1):.6f},"
        f"Active Import Interval ({unit}),{write(begin):{form}}"
        for begin in begins
    ]
    content = "\n".join(["MPRN,Meter Serial Number,Read Value,Read Type,Read Date and End Time", *lines]).encode()
    outcome = run(content, Source(files="*"))
    assert outcome.staged.layout.name == "esb-hdf"
    right(outcome, begins)


def test_import_and_export_of_esb_networks_are_told_each_by_itself() -> None:
    begins = starts(CHANGES["back"], 30, hours=96)[::-1]
    write = ways_of("end", 30, named("Europe/Dublin"))["as clocks show it"]
    lines = [
        f"{MPRN},1,{value(begin)},Active {channel} Interval (kWh),{write(begin):%d-%m-%Y %H:%M}"
        for begin in begins
        for channel in ("Import", "Export")
    ]
    outcome = run(
        "\n".join(["MPRN,Meter Serial Number,Read Value,Read Type,Read Date and End Time", *lines]).encode(),
        Source(files="*"),
    )
    assert outcome.rejects == []
    for channel in ("import", "export"):
        assert {r.start for r in outcome.readings if r.channel == channel} == set(begins)
    assert all(f"{r.value:.6f}" == value(r.start) for r in outcome.readings)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("zone", ZONES)
def test_a_green_button_csv_lands_whole_with_a_zone_from_the_sources(zone: str, change: str) -> None:
    """Its end is the last minute of the interval."""
    clock = named(zone)
    for minutes in (15, 30, 60):
        begins = starts(CHANGES[change], minutes)
        lines = []
        for begin in begins:
            first, last = shown(begin, clock), shown(begin + timedelta(minutes=minutes - 1), clock)
            day = f"{first.month}/{first.day}/{first.year}"
            lines.append(f"Electric usage,{day},{first:%H:%M},{last:%H:%M},{value(begin)},")
        content = "\n".join(["Name,A PERSON", "TYPE,DATE,START TIME,END TIME,USAGE (kWh),NOTES", *lines]).encode()
        outcome = run(content, Source(**ALLOWED, point=MPAN, zone=zone))
        assert outcome.staged.layout.name == "green-button-csv"
        assert {reading.minutes for reading in outcome.readings} == {minutes}
        right(outcome, begins)


CUPS = "ES0021000000000001AA"


def hours_of(day: datetime, zone: tzinfo) -> list[datetime]:
    """The starts of a day's hours, 23 to 25."""
    begin, after = (shown(day, zone) + timedelta(days=days) for days in (0, 1))
    first, last = (moment.replace(tzinfo=zone).astimezone(UTC) for moment in (begin, after))
    return [first + timedelta(hours=number) for number in range((last - first) // timedelta(hours=1))]


COUNTED: dict[str, Callable[[int, datetime], int]] = {
    "one after the other": lambda place, _: place + 1,
    "by what clocks show": lambda _, local: local.hour + 1,
}


def datadis(begins: list[list[datetime]], count: Callable[[int, datetime], int], form: str) -> bytes:
    zone = named("Europe/Madrid")
    lines = [
        f"{CUPS};{shown(begin, zone):%Y/%m/%d};{count(place, shown(begin, zone)):{form}};{value(begin).replace('.', ',')};R"
        for day in begins
        for place, begin in enumerate(day)
    ]
    return "\n".join(["CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion", *lines]).encode()


@pytest.mark.parametrize("form", ["", "02", "02:00"])
@pytest.mark.parametrize("way", COUNTED)
@pytest.mark.parametrize("change", CHANGES)
def test_hours_that_datadis_counts_are_told_on_a_day_of_23_or_25(change: str, way: str, form: str) -> None:
    zone = named("Europe/Madrid")
    midnight = CHANGES[change].astimezone(zone).replace(hour=0)
    days = [hours_of(midnight + timedelta(days=number), zone) for number in (-1, 0, 1)]
    assert [len(day) for day in days] == [24, 25 if change == "back" else 23, 24]
    written = datadis(days, COUNTED[way], form.removesuffix(":00"))
    if form.endswith(":00"):
        lines = [line.split(";") for line in written.decode().split("\n")]
        written = "\n".join(
            ";".join([a, b, c if c == "Hora" else f"{c}:00", *rest]) for a, b, c, *rest in lines
        ).encode()
    outcome = run(written, Source(files="*"))
    assert outcome.staged.layout.name == "datadis"
    assert {reading.minutes for reading in outcome.readings} == {60}
    right(outcome, [begin for day in days for begin in day])


@settings(max_examples=40)
@given(st.sampled_from(sorted(CHANGES)), st.sampled_from(sorted(COUNTED)), st.booleans(), st.data())
def test_of_hours_with_gaps_none_lands_at_another_hour(
    change: str, way: str, newest_first: bool, data: st.DataObject
) -> None:
    zone = named("Europe/Madrid")
    day = list(enumerate(hours_of(CHANGES[change].astimezone(zone).replace(hour=0), zone)))
    kept = [one for one in day if data.draw(st.integers(0, 3))] or day[:1]
    lines = [
        f"{CUPS};{shown(begin, zone):%d/%m/%Y};{COUNTED[way](place, shown(begin, zone))};{value(begin).replace('.', ',')};R"
        for place, begin in (reversed(kept) if newest_first else kept)
    ]
    outcome = run("\n".join(["CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion", *lines]).encode(), Source(**ALLOWED))
    assert all(f"{reading.value:.6f}" == value(reading.start) for reading in outcome.readings)
    assert len(outcome.readings) + len(outcome.rejects) == len(kept)
    assert all("its rows do not show how they are counted" in reason for reason in outcome.reasons)


def test_a_day_of_24_hours_has_no_25th_and_none_has_a_26th() -> None:
    lines = f"{CUPS};2026/07/02;1;0,1;R\n{CUPS};2026/07/01;25;0,2;R\n"
    outcome = run(f"CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion\n{lines}".encode(), Source(files="*"))
    assert (len(outcome.readings), len(outcome.rejects)) == (1, 1)
    assert "this day has 24 hours" in outcome.reasons[0]
    lines = f"{CUPS};2026/07/02;1;0,1;R\n{CUPS};2026/10/25;26;0,2;R\n"
    with pytest.raises(Refused, match="shorter intervals than such files have"):
        run(f"CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion\n{lines}".encode(), Source(files="*"))
