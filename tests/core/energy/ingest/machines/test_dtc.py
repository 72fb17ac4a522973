"""Flows of the Data Transfer Catalogue: values without times, of which a day lands only if all of them are there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.energy.ingest import source, staging
from core.energy.ingest.machines import dtc
from core.energy.ingest.source import Refused
from core.energy.readings.zones import named
from tests.core.energy.ingest.files import MPAN, mpan, run

GROUPS = {"D0036": ("101", "102", "103"), "D0379": ("25B", "26B", "66L")}
CHANNELS = {"AI": "import", "AE": "export", "RI": "reactive-import", "RE": "reactive-export"}
SAID = {"A": "actual", "": "actual", "E": "estimated", "C": "estimated", "e": "estimated"}
SPRING, AUTUMN, WINTER = date(2026, 3, 29), date(2026, 10, 25), date(2026, 1, 15)
FLOWS = sorted(GROUPS)


def of(flow: str, *lines: str, end: str = "\n") -> bytes:
    return end.join(
        [f"ZHV|0103175679|{flow}001|C|SSIL|X|GMTR|20260717141613||||OPER|", *lines, "ZPT|0103175679|1|1|1|2|", ""]
    ).encode()


def whose(flow: str, quantity: str = "AI", point: str = MPAN) -> str:
    return f"{GROUPS[flow][0]}|{point}|{quantity}|GMTR|"


def on(flow: str, day: date) -> str:
    return f"{GROUPS[flow][1]}|{day:%Y%m%d}|"


def values(flow: str, count: int, indicator: str = "A") -> list[str]:
    """Lines of values that fall as well as rise, each another one."""
    return [f"{GROUPS[flow][2]}|{indicator}|{number * 7 % count}.5|" for number in range(count)]


def halves(flow: str, day: date) -> list[datetime]:
    """The starts of the half hours of a day, found one after the other by what clocks show."""
    zone = named("Europe/London") if flow == "D0036" else UTC
    every: Iterator[datetime] = (
        datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=30 * number) for number in range(-48, 96)
    )
    later = [moment for moment in every if moment.astimezone(zone).date() >= day]
    return list(takewhile(lambda moment: moment.astimezone(zone).date() == day, later))


@pytest.mark.parametrize(
    ("flow", "day", "count"),
    [("D0036", SPRING, 46), ("D0036", WINTER, 48), ("D0036", AUTUMN, 50), *[("D0379", day, 48) for day in (SPRING, WINTER, AUTUMN)]],
)  # fmt: skip
def test_a_day_has_the_half_hours_of_its_clock(flow: str, day: date, count: int) -> None:
    outcome = run(of(flow, whose(flow), on(flow, day), *values(flow, count)), None)
    assert [one.start for one in outcome.readings] == halves(flow, day)
    assert [f"{one.value:.1f}" for one in outcome.readings] == [f"{number * 7 % count}.5" for number in range(count)]
    assert (outcome.staged.rows, outcome.staged.accepted) == (count, count)
    assert [one.line for one in outcome.readings] == list(range(4, count + 4))


@pytest.mark.parametrize(
    ("flow", "day", "count", "there"),
    [("D0036", SPRING, 46, 48), ("D0036", WINTER, 48, 47), ("D0036", WINTER, 48, 49), ("D0036", AUTUMN, 50, 48),
     ("D0379", AUTUMN, 48, 50), ("D0379", SPRING, 48, 46), ("D0379", WINTER, 48, 1)],
)  # fmt: skip
def test_a_day_with_other_than_its_half_hours_is_rejected_value_by_value(
    flow: str, day: date, count: int, there: int
) -> None:
    outcome = run(of(flow, whose(flow), on(flow, day), *values(flow, there), on(flow, WINTER), *values(flow, 48)), None)
    assert [reject[0] for reject in outcome.rejects] == list(range(4, there + 4))
    assert set(outcome.reasons) == {f"{day} has {count} half hours, and here are {there} values, which have no times"}
    assert [one.start for one in outcome.readings] == halves(flow, WINTER)


class Model:
    """A flow that is made up at random, and what is right of it."""

    def __init__(self, dice: random.Random, flow: str) -> None:
        self.dice, self.flow = dice, flow
        self.lines: list[str] = []
        self.right: dict[tuple[str, str, datetime], tuple[Decimal, str]] = {}
        self.values = self.bad = self.blank = self.gaps = 0
        for point in dice.sample(range(5), dice.randint(1, 2)):
            for quantity in dice.sample(sorted(CHANNELS), dice.randint(1, 3)):
                self.lines.append(whose(flow, quantity, mpan(point)))
                for day in dice.sample((SPRING, AUTUMN, WINTER), dice.randint(1, 3)):
                    self._day(mpan(point), CHANNELS[quantity], day)

    def _day(self, point: str, channel: str, day: date) -> None:
        self.lines.append(on(self.flow, day))
        starts = halves(self.flow, day)
        count = self.dice.choice((len(starts), len(starts), len(starts), 46, 47, 48, 50))
        for number in range(count):
            if self.dice.random() < 0.02:
                self.lines.append("")
                self.blank += 1
            value, indicator = self.dice.choice(("0.5", "12", "", "0", "-1", "x")), self.dice.choice("AAAAAEC")
            indicator = self.dice.choice((indicator, indicator, indicator, "", "e", "Q"))
            self.lines.append(f"{GROUPS[self.flow][2]}|{indicator}|{value}|")
            self.values += 1
            if count != len(starts) or indicator == "Q" or value == "x":
                self.bad += 1
            elif not value:
                self.gaps += 1
            else:
                self.right[point, channel, starts[number]] = Decimal(value), SAID[indicator]


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from(FLOWS), st.sampled_from(["\n", "\r\n"]), st.integers(200, 2000))
def test_what_lands_is_what_its_groups_say_wherever_blocks_end(seed: int, flow: str, end: str, block: int) -> None:
    model = Model(random.Random(seed), flow)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BLOCK", block)
        patch.setattr(staging, "_SPLIT", 1)
        outcome = run(of(flow, *model.lines, end=end))
    found = {(one.point, one.channel, one.start): (one.value, one.quality) for one in outcome.readings}
    assert (found, len(found)) == (model.right, len(outcome.readings))
    assert (outcome.staged.rows, len(outcome.rejects), outcome.staged.blank, outcome.staged.gaps) == (
        model.values + model.blank, model.bad, model.blank, model.gaps,
    )  # fmt: skip


PARTS = st.sampled_from(
    [
        "101",
        "102",
        "103",
        "25B",
        "66L",
        "ZHV",
        "ZPT",
        "",
        "A",
        MPAN,
        "AI",
        "20260115",
        "9999-12-31",
        "1",
        "x",
        "²",
        "\0",
        '"',
    ]
)


@settings(max_examples=40)
@given(st.sampled_from(FLOWS), st.lists(st.lists(PARTS, max_size=4).map("|".join), max_size=12))
def test_no_lines_crash_it(flow: str, lines: list[str]) -> None:
    run(of(flow, whose(flow), *lines, on(flow, WINTER), *values(flow, 48)))


@pytest.mark.parametrize("flow", FLOWS)
def test_a_file_without_its_end_was_cut_off_and_is_refused(flow: str) -> None:
    content = of(flow, whose(flow), on(flow, WINTER), *values(flow, 48))
    cut = content[: content.index(b"ZPT")]
    for lost in (0, 1, 10, 300):
        with pytest.raises(Refused, match="no ZPT at its end, so it was cut off"):
            run(cut[: len(cut) - lost])
    assert len(run(cut[:-10], whole=False).readings) == 0
    assert (
        len(run(of(flow, whose(flow), on(flow, WINTER), *values(flow, 48), on(flow, SPRING)), whole=False).readings)
        == 48
    )


def test_of_two_files_in_one_the_second_has_to_end_as_well() -> None:
    one = of("D0036", whose("D0036"), on("D0036", WINTER), *values("D0036", 48))
    two = of("D0036", whose("D0036"), on("D0036", AUTUMN), *values("D0036", 50))
    assert len(run(one + two).readings) == 98
    with pytest.raises(Refused, match="cut off"):
        run(one + two[:-40])


@pytest.mark.parametrize("flow", FLOWS)
def test_quantities_are_channels(flow: str) -> None:
    lines = [line for quantity in CHANNELS for line in (whose(flow, quantity), on(flow, WINTER), *values(flow, 48))]
    outcome = run(of(flow, *lines))
    assert [one.channel for one in outcome.readings[::48]] == list(CHANNELS.values())
    assert len(outcome.readings) == 4 * 48


FLAWED = {
    "no point": ([on("D0036", WINTER)], "no point stands above this value"),
    "no day": ([whose("D0036")], "no day stands above this value"),
    "a wrong check digit": (
        [whose("D0036", point="1012345678904"), on("D0036", WINTER)],
        "the check digit of the MPAN",
    ),
    "no quantity": (["101|1012345678903|", on("D0036", WINTER)], "a measurement quantity is AI, AE, RI or RE"),
    "a quantity of no channel": ([whose("D0036", "UN"), on("D0036", WINTER)], "a measurement quantity is AI, AE"),
    "no date": ([whose("D0036"), "102||"], "a day is written 20260131"),
    "a date that is none": ([whose("D0036"), "102|20261301|"], "a day is written 20260131"),
    "the last day there is": ([whose("D0036"), "102|9999-12-31|"], "a day is written 20260131"),
    "the first day there is": ([whose("D0036"), "102|0001-01-01|"], "a day is written 20260131"),
    "the day of another point": ([whose("D0036"), on("D0036", WINTER), whose("D0036", "AE")], "no day stands above"),
}


@pytest.mark.parametrize("name", FLAWED)
def test_values_below_what_can_t_be_used_are_rejected_and_the_next_day_lands(name: str) -> None:
    above, reason = FLAWED[name]
    outcome = run(of("D0036", *above, *values("D0036", 48), whose("D0036"), on("D0036", AUTUMN), *values("D0036", 50)))
    assert (len(outcome.rejects), len(outcome.readings)) == (48, 50)
    assert all(said.startswith(reason) for said in outcome.reasons)


def test_a_day_is_not_that_of_values_behind_another_group() -> None:
    lines = values("D0036", 48)
    outcome = run(of("D0036", whose("D0036"), on("D0036", WINTER), *lines, "104|x|", *lines))
    assert (len(outcome.readings), len(outcome.rejects)) == (48, 49)
    assert outcome.reasons[0] == "a group is one of ZHV, 101, 102, 103 and ZPT"
    assert set(outcome.reasons[1:]) == {"no day stands above this value"}


def test_a_day_that_goes_on_and_on_is_rejected_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dtc, "MAX_HELD", 60)
    outcome = run(of("D0036", whose("D0036"), on("D0036", WINTER), *values("D0036", 61 + 48)))
    assert (outcome.readings, len(outcome.rejects)) == ([], 109)
    assert set(outcome.reasons[61:]) == {"no day stands above this value"}


def test_a_value_that_is_none_costs_itself_alone() -> None:
    lines = values("D0036", 48)
    lines[6], lines[7], lines[8] = "103|A|x|", "103|Z|1|", "103"
    outcome = run(of("D0036", whose("D0036"), on("D0036", WINTER), *lines))
    assert sorted(reject[:3] for reject in outcome.rejects) == [(10, "value", "x"), (11, "indicator", "Z")]
    assert (len(outcome.readings), outcome.staged.gaps) == (45, 1)
    assert sorted(one.start for one in outcome.readings) == [
        s for n, s in enumerate(halves("D0036", WINTER)) if n not in (6, 7, 8)
    ]


def test_a_half_hour_that_is_yet_to_come_is_rejected_by_itself() -> None:
    noon = datetime(2026, 1, 15, 12, tzinfo=UTC)
    outcome = run(of("D0379", whose("D0379"), on("D0379", WINTER), *values("D0379", 48)), None, noon)
    assert (len(outcome.readings), len(outcome.rejects)) == (25, 23)
    assert all("the start is later than the file" in reason for reason in outcome.reasons)
