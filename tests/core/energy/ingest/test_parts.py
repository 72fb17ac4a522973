"""Registers of a meter whose readings are parts of one: added up, each counted once, and no other than of one reading."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.energy.ingest.source import Refused
from core.energy.readings.reading import QUALITIES
from core.energy.readings.sources import Source
from core.energy.readings.zones import named
from tests.core.energy.ingest.files import MPAN, TRUSTED, run

BRUSSELS = named("Europe/Brussels")
EAN, OTHER = "541448820050357909", "541448860000856885"
DAY = datetime(2026, 1, 14, 23, tzinfo=UTC)
"""The midnight of Brussels."""
SOURCE = Source(files="*", allow=TRUSTED.allow)
HEADER = "Van (datum);Van (tijdstip);Tot (datum);Tot (tijdstip);EAN-code;Meter;Metertype;Register;Volume;Eenheid;Validatiestatus;Omschrijving"
SAID = {"Uitgelezen": "actual", "Gevalideerd": "actual", "Geschat": "estimated", "Geen verbruik": "actual"}


def row(
    number: int, register: str, volume: str, status: str = "Uitgelezen", *, point: str = EAN, begin: datetime = DAY
) -> str:
    """A quarter hour of a register."""
    times = [(begin + timedelta(minutes=15 * n)).astimezone(BRUSSELS) for n in (number, number + 1)]
    shown = ";".join(f"{moment:%d-%m-%Y;%H:%M:%S}" for moment in times)
    return f'{shown};="{point}";1SAG3200193141;Digitale meter;{register};{volume};kWh;{status};'


def fluvius(*rows: str) -> bytes:
    return "\r\n".join(["\ufeff" + HEADER, *rows, ""]).encode()


def at(number: int) -> datetime:
    return DAY + timedelta(minutes=15 * number)


def test_day_and_night_of_a_quarter_hour_are_one_reading() -> None:
    rows = [
        row(number, register, volume)
        for number in range(8)
        for register, volume in (
            ("Afname Dag", f"{number * 3 % 8},125"),
            ("Afname Nacht", "0,25"),
            ("Injectie Dag", "0,5"),
        )
    ]
    outcome = run(fluvius(*rows), SOURCE)
    assert outcome.staged.layout.name == "fluvius"
    found = {(one.channel, one.start): (one.value, one.minutes) for one in outcome.readings}
    assert found == {
        **{("import", at(number)): (Decimal(number * 3 % 8) + Decimal("0.375"), 15) for number in range(8)},
        **{("export", at(number)): (Decimal("0.5"), 15) for number in range(8)},
    }
    assert (outcome.staged.rows, outcome.staged.accepted, outcome.staged.readings) == (24, 24, 16)
    told = [said for said in outcome.staged.assumed if "together" in said]
    assert told == ["import is what afname dag and afname nacht have together"]


def test_a_meter_with_one_register_is_as_it_is() -> None:
    rows = [row(number, "Afname Actief", f"{number * 3 % 8},125") for number in range(8)]
    outcome = run(fluvius(*rows), SOURCE)
    assert [(one.channel, one.value) for one in outcome.readings] == [
        ("import", Decimal(f"{n * 3 % 8}.125")) for n in range(8)
    ]
    assert not any("together" in said for said in outcome.staged.assumed)


def test_of_a_register_that_is_there_twice_the_last_line_counts() -> None:
    rows = [
        row(0, "Afname Dag", "1"),
        row(0, "Afname Nacht", "2"),
        row(0, "Afname Dag", "4"),
        row(1, "Afname Dag", "8"),
    ]
    outcome = run(fluvius(*rows), SOURCE)
    assert [one.value for one in outcome.readings] == [6, 8]
    assert [one.line for one in outcome.readings] == [4, 5]


def test_the_sum_is_as_well_known_as_its_worst_part() -> None:
    rows = [
        row(0, "Afname Dag", "1"),
        row(0, "Afname Nacht", "2", "Geschat"),
        row(1, "Afname Dag", "1"),
        row(1, "Afname Nacht", "2"),
    ]
    assert [one.quality for one in run(fluvius(*rows), SOURCE).readings] == ["estimated", "actual"]


def test_a_register_without_a_value_is_a_gap_and_the_other_one_lands() -> None:
    rows = [
        row(0, "Afname Dag", "", "Geen verbruik"),
        row(0, "Afname Nacht", "2"),
        row(1, "Afname Dag", "", "Geen verbruik"),
    ]
    outcome = run(fluvius(*rows), SOURCE)
    assert ([one.value for one in outcome.readings], outcome.staged.gaps, outcome.rejects) == ([2], 2, [])


def test_a_register_of_no_direction_that_is_known_is_rejected() -> None:
    outcome = run(fluvius(row(0, "Afname Dag", "1"), row(0, "Afname Inductief", "2"), row(0, "Totaal", "3")), SOURCE)
    assert ([one.value for one in outcome.readings], [reject[0] for reject in outcome.rejects]) == ([1], [3, 4])


def test_parts_of_the_hour_that_comes_twice_are_added_within_their_own_hour() -> None:
    begin = datetime(2026, 10, 24, 22, tzinfo=UTC)
    rows = [
        row(number, register, f"0,{number + 10}", begin=begin)
        for number in range(24)
        for register in ("Afname Dag", "Afname Nacht")
    ]
    by_register = [line for register in ("Afname Dag", "Afname Nacht") for line in rows if f";{register};" in line]
    for lines in (rows, by_register, rows[::-1]):
        outcome = run(fluvius(*lines), SOURCE)
        assert outcome.rejects == []
        assert {one.start: one.value for one in outcome.readings} == {
            begin + timedelta(minutes=15 * number): Decimal(number + 10) / 50 for number in range(24)
        }


ROWS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(["Afname Dag", "Afname Nacht", "Afname Actief", "Injectie Dag", "Injectie Nacht"]),
        st.sampled_from(["0,125", "2", "0", "-0,5", "", "x"]),
        st.sampled_from(sorted(SAID)),
        st.sampled_from([EAN, OTHER]),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=30)
@given(ROWS)
def test_what_lands_is_the_sum_of_the_last_line_of_each_register(lines: list[tuple[int, str, str, str, str]]) -> None:
    last: dict[tuple[str, str, int, str], tuple[str, str]] = {}
    for number, register, volume, status, point in lines:
        if volume not in ("", "x"):
            last[point, "import" if register.startswith("Afname") else "export", number, register] = (
                volume,
                SAID[status],
            )
    right: dict[tuple[str, str, datetime], tuple[Decimal, str]] = {}
    for (point, channel, number, _), (volume, quality) in last.items():
        total, worst = right.get((point, channel, at(number)), (Decimal(0), "actual"))
        worse = max(worst, quality, key=QUALITIES.index)
        right[point, channel, at(number)] = total + Decimal(volume.replace(",", ".")), worse
    rows = [row(number, register, volume, status, point=point) for number, register, volume, status, point in lines]
    outcome = run(fluvius(*rows), SOURCE)
    found = {(one.point, one.channel, one.start): (one.value, one.quality) for one in outcome.readings}
    assert (found, len(found)) == (right, len(outcome.readings))
    assert len(outcome.rejects) == sum(volume == "x" for _, _, volume, _, _ in lines)
    assert outcome.staged.gaps == sum(not volume for _, _, volume, _, _ in lines)
    assert (outcome.staged.rows, outcome.staged.readings) == (len(lines), len(right))


def test_a_sum_that_no_reading_has_is_refused() -> None:
    rows = [row(0, register, "999999999") for register in ("Afname Dag", "Afname Nacht")]
    with pytest.raises(Refused, match="more than 999,999,999 kWh together"):
        run(fluvius(*rows), SOURCE)


def test_registers_of_agl_are_added_by_direction() -> None:
    header = (
        "AccountNumber,NMI,DeviceNumber,DeviceType,RegisterCode,RateTypeDescription,StartDate,EndDate,"
        "ProfileReadValue,RegisterReadValue,QualityFlag"
    )
    lines = [
        f"1,NEM1203045,7,COMMS4D,12345#{suffix},{rate},15/01/2026 {hour}:00:00 AM,15/01/2026 {hour}:29:59 AM,{value},0,{flag}"
        for hour in (1, 2)
        for suffix, rate, value, flag in (
            ("E1", "Generalusage", "0.5", "A"), ("E2", "Controlledload", "0.25", "S"), ("B1", "Solar", "1.5", "A"),
        )
    ]  # fmt: skip
    outcome = run("\n".join([header, *lines]).encode(), SOURCE)
    first = datetime(2026, 1, 14, 15, tzinfo=UTC)
    assert {(one.channel, one.start, one.value, one.quality) for one in outcome.readings} == {
        (channel, first + timedelta(hours=hour), Decimal(value), quality)
        for hour in (0, 1)
        for channel, value, quality in (("import", "0.75", "substituted"), ("export", "1.5", "actual"))
    }


def test_a_file_without_parts_is_not_added_up() -> None:
    content = f"mpan,start,kwh\n{MPAN},2026-01-14T00:00:00Z,1\n{MPAN},2026-01-14T00:00:00Z,2\n".encode()
    assert [one.value for one in run(content).readings] == [1, 2]
