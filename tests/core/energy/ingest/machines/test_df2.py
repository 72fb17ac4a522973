"""Stark's DF2: rows of half hours by their ends in UTC, below lines that say whose they are and of which sensor."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.energy.ingest import source, staging
from tests.core.energy.ingest.files import MPAN, mpan, run

DAY = datetime(2024, 4, 16, tzinfo=UTC)
CHANNELS = {"1": "import", "2": "export", "3": "reactive-import", "4": "reactive-export"}
SAID = {
    "A": "actual",
    "E": "estimated",
    "S": "substituted",
    "F": "substituted",
    "": "actual",
    "0A": "actual",
    "99E": "estimated",
}


def row(begin: datetime, value: str = "0.5", status: str = "A") -> str:
    end = begin + timedelta(minutes=30)
    return f"{end:%d/%m/%Y},{end:%H:%M},{value},{status}"


def df2(*lines: str, above: tuple[str, ...] = ("#F2", f"#O {MPAN}", "#S 1"), end: str = "\n") -> bytes:
    return end.join([*above, *lines, ""]).encode()


def test_a_day_runs_from_half_past_midnight_to_midnight() -> None:
    rows = [row(DAY + timedelta(minutes=30 * number), f"{number * 7 % 48}.5") for number in range(48)]
    outcome = run(df2(*rows), None)
    assert rows[0].startswith("16/04/2024,00:30,")
    assert rows[-1].startswith("17/04/2024,00:00,")
    assert [(one.start, one.value) for one in outcome.readings] == [
        (DAY + timedelta(minutes=30 * number), Decimal(f"{number * 7 % 48}.5")) for number in range(48)
    ]
    assert (outcome.rejects, outcome.staged.rows, outcome.staged.accepted) == ([], 48, 48)
    assert [one.line for one in outcome.readings] == list(range(4, 52))


def test_the_last_end_of_a_day_may_be_24_00() -> None:
    (one,) = run(df2("16/04/2024,24:00,0.5,A")).readings
    assert one.start == DAY + timedelta(hours=23, minutes=30)


def test_times_are_utc_on_the_days_on_which_clocks_change() -> None:
    for change in (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)):
        rows = [row(change + timedelta(minutes=30 * number), f"{number % 5}.5") for number in range(48)]
        outcome = run(df2(*rows))
        assert [one.start for one in outcome.readings] == [change + timedelta(minutes=30 * n) for n in range(48)]


class Model:
    """A file that is made up at random, and what is right of it."""

    def __init__(self, dice: random.Random) -> None:
        self.lines = ["#F2"]
        self.right: dict[tuple[str, str, datetime], tuple[Decimal, str]] = {}
        self.rows = self.bad = self.blank = self.gaps = 0
        for number in dice.sample(range(4), dice.randint(1, 3)):
            self.lines.append(f"#{dice.choice('Oo')} {mpan(number)}{dice.choice(('', '-jlkkk38', ' '))}")
            for sensor in dice.sample("1234", dice.randint(1, 3)):
                self.lines.append(f"#S{dice.choice((' ', ''))}{sensor}")
                for place in sorted(dice.sample(range(96), dice.randint(0, 40)), reverse=dice.random() < 0.2):
                    begin = DAY + timedelta(minutes=30 * place)
                    value, status = dice.choice(("0.5", "12", "", "0", "-1", "x")), dice.choice((*SAID, *SAID, "Q"))
                    self.lines.append(row(begin, value, status))
                    self.rows += 1
                    if status == "Q" or value == "x":
                        self.bad += 1
                    elif not value:
                        self.gaps += 1
                    else:
                        self.right[mpan(number), CHANNELS[sensor], begin] = Decimal(value), SAID[status]
            for line in ("", "#F2", "#f2"):
                if dice.random() < 0.3:
                    self.lines.append(line)
                    self.blank += not line


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from(["\n", "\r\n"]), st.integers(200, 2000))
def test_what_lands_is_what_its_lines_say_wherever_blocks_end(seed: int, end: str, block: int) -> None:
    model = Model(random.Random(seed))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BLOCK", block)
        patch.setattr(staging, "_SPLIT", 1)
        outcome = run(df2(*model.lines, above=(), end=end))
    found = {(one.point, one.channel, one.start): (one.value, one.quality) for one in outcome.readings}
    assert (found, len(found)) == (model.right, len(outcome.readings))
    assert (outcome.staged.rows, len(outcome.rejects), outcome.staged.blank, outcome.staged.gaps) == (
        model.rows + model.blank, model.bad, model.blank, model.gaps,
    )  # fmt: skip


CELLS = st.sampled_from(
    [
        "#O",
        "#S",
        "#S 1",
        "#O 1",
        "16/04/2024",
        "00:30",
        "31/12/9999",
        "01/01/0001",
        "24:00",
        "0.5",
        "A",
        "",
        "²",
        "\0",
        '"',
        "#",
    ]
)


@settings(max_examples=40)
@given(st.lists(st.lists(CELLS, max_size=5).map(",".join), max_size=12))
def test_no_lines_crash_it(lines: list[str]) -> None:
    run(df2(*lines))


@pytest.mark.parametrize(
    ("above", "reason"),
    [
        (("#F2",), "no #O line stands above this row"),
        (("#F2", f"#O {MPAN}"), "no #S line stands above this row"),
        (("#F2", "#O 1012345678904", "#S 1"), "the check digit of the MPAN"),
        (("#F2", "#O ", "#S 1"), "there is no point"),
        (("#F2", f"#O {MPAN}", "#S 5"), "the sensor 5 is none of 1, 2, 3 and 4"),
        (("#F2", f"#O {MPAN}", "#S"), "the sensor  is none of 1, 2, 3 and 4"),
        (("#F2", f"#O {MPAN}", "#S 1", f"#O {mpan(7)}"), "no #S line stands above this row"),
    ],
)
def test_rows_below_what_can_t_be_used_are_rejected_and_others_land(above: tuple[str, ...], reason: str) -> None:
    outcome = run(df2(row(DAY), row(DAY + timedelta(hours=1)), f"#O {mpan(3)}", "#S 2", row(DAY), above=above))
    assert len(outcome.rejects) == 2
    assert all(said.startswith(reason) for said in outcome.reasons)
    assert [(one.point, one.channel) for one in outcome.readings] == [(mpan(3), "export")]


@pytest.mark.parametrize(
    "flawed",
    [
        "16/04/2024,00:15,0.5,A", "16/04/2024,00:30:01,0.5,A", "16/04/2024,,0.5,A", ",00:30,0.5,A", "32/04/2024,00:30,0.5,A",
        "04/16/2024,00:30,0.5,A", "16/04/2024,24:30,0.5,A", "31/12/9999,24:00,0.5,A", "31/12/9999,00:30,0.5,A",
        "01/01/0001,00:00,0.5,A", "16/04/2024 00:30,0.5,A", "16/04/2024,00:30,0.5,A,x", "16/04/2024,00:30,0.5,Z", "total,1,2,3", "x",
    ],
)  # fmt: skip
def test_a_row_that_is_none_costs_itself_alone(flawed: str) -> None:
    outcome = run(df2(row(DAY), flawed, row(DAY + timedelta(minutes=30), "1.5")))
    assert [reject[0] for reject in outcome.rejects] == [5]
    assert [(one.start, one.line) for one in outcome.readings] == [(DAY, 4), (DAY + timedelta(minutes=30), 6)]
    assert outcome.staged.rows == 3


def test_a_year_of_two_digits_and_seconds_are_read() -> None:
    (one,) = run(df2("16/04/24,00:30:00,0.5,A")).readings
    assert one.start == DAY


def test_what_is_later_than_the_file_is_rejected() -> None:
    rows = [row(DAY + timedelta(minutes=30 * number), f"{number % 5}.5") for number in range(48)]
    outcome = run(df2(*rows), None, DAY + timedelta(hours=12))
    assert (len(outcome.readings), len(outcome.rejects)) == (25, 23)
    assert all("the start is later than the file" in reason for reason in outcome.reasons)
