"""A day's half hours as headers name them: each style is read in its order, and what is no day is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.energy.ingest import words
from core.energy.ingest.layouts import slots
from core.energy.ingest.layouts.slots import CLOCK, NUMBER
from core.energy.ingest.source import Refused
from tests.core.energy.ingest.files import MPAN, Outcome, run


def clock(number: int, form: str = "{hour:02}:{minute:02}") -> str:
    return form.format(hour=number // 2, minute=number % 2 * 30)


def numbered(form: str, count: int = 48) -> list[str]:
    return [form.format(number) for number in range(1, count + 1)]


def begun(form: str, count: int = 48) -> list[str]:
    return [clock(number, form) for number in range(count)]


def ended(form: str) -> list[str]:
    return [clock(number, form) for number in range(1, 49)]


HM = "{hour:02}:{minute:02}"
STYLES: dict[str, tuple[list[str], str, str]] = {
    "hh01": (numbered("hh{:02}"), "hh#", "wide"),
    "hh01 to hh50": (numbered("hh{:02}", 50), "hh#", "wide"),
    "HH1": (numbered("HH{}"), "hh#", "wide"),
    "HH 01": (numbered("HH {:02}"), "hh #", "wide"),
    "HH1 to HH50": (numbered("HH{}", 50), "hh#", "wide"),
    "kWh_1": (numbered("kWh_{}"), "kwh #", "my-energy-coach"),
    "Kwh1": (numbered("Kwh{}"), "kwh#", "my-energy-coach"),
    "interval_1": (numbered("interval_{}"), "interval #", "british-gas-dcda"),
    "ID1": (numbered("ID{}"), "id#", "corona"),
    "1 to 48": (numbered("{}"), "#", "numbered"),
    "1 to 50": (numbered("{}", 50), "#", "numbered"),
    "P1": (numbered("P{}", 50), "p#", "perse"),
    "Consumption(KWh) HH1": (numbered("Consumption(KWh) HH{}"), "consumption(kwh) hh#", "consumption-hh"),
    "00:00 to 23:30": (begun(HM), "#", "wide-starts"),
    "0:00 to 23:30": (begun("{hour}:{minute:02}"), "#", "wide-starts"),
    "00:00:00 to 23:30:00": (begun(HM + ":00"), "#", "wide-starts"),
    "H0000 to H2330": (begun("H{hour:02}{minute:02}"), "h#", "h-starts"),
    "reading0000": (begun("reading{hour:02}{minute:02}"), "reading#", "h-starts"),
    " Consumption 00:00 AM": (
        [clock(n, f" Consumption {HM} {'AM' if n < 24 else 'PM'}") for n in range(48)], "consumption #", "crown"),
    "00:30 to 24:00": (ended(HM), "#", "wide-ends"),
    "00:30 to 23:30 and 00:00": ([*ended(HM)[:-1], "00:00"], "#", "wide-ends"),
    "0:30 to 23:30 and 0:00": ([*ended("{hour}:{minute:02}")[:-1], "0:00"], "#", "wide-ends"),
    "00:30:00 to 00:00:00": ([*ended(HM + ":00")[:-1], "00:00:00"], "#", "wide-ends"),
    "[00:30] to [24:00]": (ended(f"[{HM}]"), "[#]", "orsis"),
    "H0030 to H2400": (ended("H{hour:02}{minute:02}"), "h#", "h-ends"),
    "30, 100 to 2400": ([clock(n, "{hour}{minute:02}").lstrip("0") for n in range(1, 49)], "#", "eon-weekly"),
}  # fmt: skip
"""The names, what surrounds the number or the time in them, and which layout takes them."""
EXTRA = ["Total kWh", "Site", "Notes", "M1_Code2", "Meter Name", "File Received At", "Postcode", ""]


def normal(names: Sequence[str]) -> list[str]:
    return [words.normal(name) for name in names]


@pytest.mark.parametrize("style", STYLES)
def test_half_hours_of_each_style_are_found_in_their_order(style: str) -> None:
    names, stem, _ = STYLES[style]
    (block,) = [one for one in slots.blocks(normal(["MPAN", "Date", *names, "Total"])) if one.stem == stem]
    assert block.columns == tuple(range(2, len(names) + 2))
    assert block.how == (NUMBER if block.first == 1 else CLOCK)
    assert block.wall == (block.how == CLOCK)


@settings(max_examples=200)
@given(st.sampled_from(sorted(STYLES)), st.lists(st.tuples(st.integers(0, 50), st.sampled_from(EXTRA)), max_size=8))
def test_other_columns_anywhere_between_change_nothing(style: str, extra: list[tuple[int, str]]) -> None:
    names, stem, _ = STYLES[style]
    header = [(name, place) for place, name in enumerate(names)]
    for at, name in extra:
        header.insert(at, (name, -1))
    found = [one for one in slots.blocks(normal([name for name, _ in header])) if one.stem == stem]
    assert [[header[at][1] for at in one.columns] for one in found] == [list(range(len(names)))]


@given(st.sampled_from(sorted(STYLES)), st.data())
def test_numbered_columns_are_told_by_their_numbers_and_times_by_their_order(style: str, data: st.DataObject) -> None:
    names, stem, _ = STYLES[style]
    (ordered,) = [one for one in slots.blocks(normal(names)) if one.stem == stem]
    shuffled = data.draw(st.permutations(names))
    found = [one for one in slots.blocks(normal(shuffled)) if one.stem == stem]
    numbers = ordered.how == NUMBER
    assert [[shuffled[at] for at in one.columns] for one in found] == [names] * (numbers or shuffled == names)


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=30)
@given(st.data())
def test_a_day_that_lacks_a_half_hour_or_has_it_under_another_name_is_none(style: str, data: st.DataObject) -> None:
    names, stem, _ = STYLES[style]
    at = data.draw(st.integers(0, len(names) - 1))
    for left in ([*names[:at], *names[at + 1 :]], [*names[:at], "other", *names[at + 1 :]]):
        assert [one for one in slots.blocks(normal(left)) if one.stem == stem] == []


def test_a_time_is_no_half_hour_unless_it_is_on_one() -> None:
    for name in ("00:15", "12:45", "h0015", "24:30:30", "00:31", "200:00", "00:000"):
        assert [one for one in slots.place(name) if one.how == CLOCK] == []
    for name in ("hh51", "hh00", "hh100", "total", "", "interval", "kwh"):
        assert slots.place(name) == ()


def test_a_quarter_hour_s_columns_are_no_half_hours() -> None:
    quarters = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(0, 24 * 60, 15)]
    # What is refused is refused by who looks at all of the header's names (`header`).
    (found,) = slots.blocks(quarters)
    assert [quarters[at] for at in found.columns] == begun(HM)


def test_two_sets_of_one_stem_are_two_blocks_the_first_one_first() -> None:
    names = [*numbered("hh{}", 50), "total", *numbered("hh{}", 50)]
    one, two = slots.blocks(names)
    assert one.columns == tuple(range(50))
    assert two.columns == tuple(range(51, 101))
    interleaved = [name for name in numbered("hh{}") for _ in range(2)]
    one, two = slots.blocks(interleaved)
    assert one.columns == tuple(range(0, 96, 2))
    assert two.columns == tuple(range(1, 96, 2))


FLAGGED: dict[str, tuple[Callable[[int, str], list[str]], str, str]] = {
    "a Type after each": (lambda _, name: [name, "Type"], "#", "type"),
    "a DQ Flag after each": (lambda _, name: [name, "DQ Flag"], "#", "dq flag"),
    "its own flag after each": (lambda _, name: [name, f"{name} Flag"], "#", "# flag"),
    "an indicator before each": (lambda n, _: [f"interval_{n}_indicator", f"interval_{n}"], "interval #", "interval # indicator"),
    "a read type before each": (lambda n, _: [f"ReadTypeHH{n}", f"HH{n}"], "hh#", "read typehh#"),
    "estimated or actual after each": (
        lambda _, name: [f"Consumption {name} AM", f" Estimated / Actual {name} AM"], "consumption #", "estimated / actual #"),
    "a data marker after each": (lambda n, _: [f"kWh_{n}", "Data Marker"], "kwh #", "data marker"),
}  # fmt: skip


@pytest.mark.parametrize("style", FLAGGED)
def test_flags_stand_beside_their_half_hours(style: str) -> None:
    pair, stem, flag = FLAGGED[style]
    names = normal([name for number, at in enumerate(begun(HM), 1) for name in pair(number, at)])
    (block,) = [one for one in slots.blocks(names) if one.stem == stem]
    flags = slots.flags(names, block, (flag,), set(block.columns))
    assert flags is not None
    step = -1 if "before" in style else 1
    assert flags == tuple(at + step for at in block.columns)
    assert slots.flags(names, block, ("status",), set(block.columns)) is None


def test_flags_in_a_block_of_their_own_are_those_of_the_half_hours_of_their_numbers() -> None:
    names = normal([*numbered("P{}", 50), *numbered("UT{}", 50)])
    (block,) = [one for one in slots.blocks(names) if one.stem == "p#"]
    assert slots.flags(names, block, ("ut#",), set(block.columns)) == tuple(range(50, 100))
    names = normal([*numbered("HH{}", 50), "Total", *numbered("HH{}", 50)])
    block, _ = slots.blocks(names)
    assert slots.flags(names, block, ("hh#",), set(block.columns)) == tuple(range(51, 101))
    assert slots.flags(names[:-1], block, ("hh#",), set(block.columns)) is None


LOCAL = datetime(2026, 1, 14, tzinfo=UTC)
VALUES = [f"{number * 17 % 50 + 1}.25" for number in range(50)]


def wide(names: Sequence[str], values: Sequence[str]) -> Outcome:
    return run(f"MPAN,Date,{','.join(names)}\n{MPAN},14/01/2026,{','.join(values)}\n".encode(), None)


def landed(outcome: Outcome) -> dict[datetime, str]:
    return {reading.start: f"{reading.value:.2f}" for reading in outcome.readings}


DAY = {LOCAL + timedelta(minutes=30 * number): VALUES[number] for number in range(48)}


@pytest.mark.parametrize("style", STYLES)
def test_a_day_of_each_style_lands_at_its_half_hours(style: str) -> None:
    names, _, layout = STYLES[style]
    values = [value if number < 48 else "" for number, value in enumerate(VALUES[: len(names)])]
    outcome = wide(names, values)
    assert outcome.staged.layout.name == layout
    assert (landed(outcome), outcome.rejects) == (DAY, [])


@pytest.mark.parametrize("style", FLAGGED)
def test_flags_are_the_qualities_of_their_half_hours(style: str) -> None:
    pair, _, _ = FLAGGED[style]
    names, values = [], []
    for number, at in enumerate(begun(HM), 1):
        both = pair(number, at)
        names += both
        flag = "E" if number % 5 == 0 else "A"
        values += [flag, VALUES[number - 1]] if "before" in style else [VALUES[number - 1], flag]
    outcome = wide(names, values)
    assert (landed(outcome), outcome.rejects) == (DAY, [])
    estimated = [LOCAL + timedelta(minutes=30 * (number - 1)) for number in range(1, 49) if number % 5 == 0]
    assert [reading.start for reading in outcome.readings if reading.quality == "estimated"] == estimated


def test_perse_has_its_flags_behind_all_values() -> None:
    names = [*numbered("P{}", 50), *numbered("UT{}", 50)]
    flags = ["E" if number == 7 else "A" for number in range(50)]
    outcome = wide(names, [*VALUES[:48], "", "", *flags])
    assert (outcome.staged.layout.name, landed(outcome)) == ("perse", DAY)
    assert [reading.start for reading in outcome.readings if reading.quality == "estimated"] == [list(DAY)[7]]


def test_kwh_and_kvarh_beside_each_other_are_two_channels() -> None:
    outcome = wide([*numbered("kWh_{}"), *numbered("kVArh_{}")], [*VALUES[:48], *["9"] * 48])
    channels = {
        channel: [one for one in outcome.readings if one.channel == channel]
        for channel in ("import", "reactive-import")
    }
    assert {one.start: f"{one.value:.2f}" for one in channels["import"]} == DAY
    assert [one.value for one in channels["reactive-import"]] == [9] * 48


@pytest.mark.parametrize("style", STYLES)
def test_a_header_that_lacks_a_half_hour_is_refused(style: str) -> None:
    names, _, _ = STYLES[style]
    with pytest.raises(Refused):
        wide([*names[:20], *names[21:]], VALUES[: len(names) - 1])


def test_columns_named_by_instants_are_those_slots() -> None:
    outcome = run(
        b"entity_id,type,unit,2026-01-14T00:00:00.000Z,2026-01-14T01:00:00.000Z,2026-01-14T02:00:00.000Z\n"
        + f"{MPAN},grid_consumption,kWh,1,,3\n{MPAN},grid_return,kWh,4,5,6\n".encode(),
        None,
    )
    assert [(one.channel, one.start.hour, one.minutes, one.value) for one in outcome.readings] == [
        ("import", 0, 60, 1), ("import", 2, 60, 3), ("export", 0, 60, 4), ("export", 1, 60, 5), ("export", 2, 60, 6),
    ]  # fmt: skip
