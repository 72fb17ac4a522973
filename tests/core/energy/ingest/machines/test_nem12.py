"""NEM12 against a model of its records, and what Australian meters' files are known to do wrong."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.energy.ingest import source, staging
from core.energy.ingest.source import Refused
from core.energy.readings.reading import QUALITIES
from tests.core.energy.ingest.files import Outcome, run

NMI, OTHER = "NEM1203045", "QAAAVZZZZZ"
MIDNIGHT = datetime(2025, 12, 31, 14, tzinfo=UTC)
"""At which 2026-01-01 begins in the market."""
Landed = dict[tuple[str, str, datetime], tuple[Decimal, str]]
CHANNELS = {"E": "import", "B": "export", "Q": "reactive-import", "K": "reactive-export"}
ENERGY = {"kWh": "1", "KWH": "1", "Wh": "0.001", "MWh": "1000", "wh": "0.001"}
REACTIVE = {"kVArh": "1", "KVARH": "1", "VArh": "0.001", "MVArh": "1000"}
SAID = {"A": "actual", "": "actual", "E52": "estimated", "F14": "substituted", "S14": "substituted", "S": "substituted"}


def of_meter(suffix: str = "E1", unit: str = "kWh", minutes: int | str = 30, nmi: str = NMI, *more: str) -> str:
    """A 200 record."""
    return ",".join(["200", nmi, "E1E2B1Q1K1", "1", suffix, "N1", "METSER123", unit, str(minutes), *more])


def of_day(values: Sequence[str], quality: str = "A", day: str = "20260101", behind: str = ",,,20260102030405,") -> str:
    """A 300 record."""
    return f"300,{day},{','.join(values)},{quality}{behind}"


def nem12(*records: str, end: str = "\n") -> bytes:
    return end.join(["100,NEM12,202601021135,MDA1,Ret1", *records, "900", ""]).encode()


def counted(count: int = 48) -> list[str]:
    """Values that fall as well as rise, each another one."""
    return [f"{number * 7 % count}.5" for number in range(count)]


def landed(outcome: Outcome) -> Landed:
    found = {(one.point, one.channel, one.start): (one.value, one.quality) for one in outcome.readings}
    assert len(found) == len(outcome.readings)
    return found


def at(minute: int) -> datetime:
    return MIDNIGHT + timedelta(minutes=minute)


class Model:
    """A file that is made up at random, and what is right of it."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.records: list[str] = []
        self.read: dict[tuple[str, str, datetime], dict[str, tuple[Decimal, str]]] = {}
        self.spans: dict[tuple[str, str], dict[str, list[int]]] = {}
        self.days = self.bad = self.blank = self.gaps = 0
        self.minutes = {nmi: dice.choice((5, 15, 30)) for nmi in (NMI, OTHER)}
        if dice.random() < 0.8:
            self.records.append("100,NEM12,202601021135,MDA1,Ret1")
        suffixes = [(nmi, suffix) for nmi in (NMI, OTHER) for suffix in ("E1", "E2", "B1", "Q1", "K1")]
        for nmi, suffix in dice.sample(suffixes, dice.randint(1, 4)):
            self._meter(nmi, suffix)
            for record, chance in (("900", 0.2), ("100,NEM12,202601021135,MDA1,Ret1", 0.2), ("", 0.2), (",,", 0.1)):
                if dice.random() < chance:
                    self.records.append(record)
                    self.blank += not record.strip(",")

    def _meter(self, nmi: str, suffix: str) -> None:
        units = ENERGY if suffix[0] in "EB" else REACTIVE
        usable = self.dice.random() >= 0.1
        unit = self.dice.choice(sorted(units)) if usable else "V"
        self.records.append(
            of_meter(suffix, unit, self.minutes[nmi], nmi, *self.dice.choice([(), ("",), ("20260201",)]))
        )
        for number in self.dice.sample(range(3), self.dice.randint(1, 3)):
            self._day(nmi, suffix, Decimal(units[unit]) if usable else None, number)

    def _day(self, nmi: str, suffix: str, factor: Decimal | None, number: int) -> None:
        channel = CHANNELS[suffix[0]]
        self.spans.setdefault((nmi, channel), {}).setdefault(suffix, []).append(number)
        minutes = self.minutes[nmi]
        count = 24 * 60 // minutes
        values = [self.dice.choice(("", "0", "0.125", "12.5", "0.001", "7", "-0.5", "Null")) for _ in range(count)]
        quality = self.dice.choice(("A", "E52", "F14", "S14", "S", "N", "V", "", "a"))
        self.days += 1
        rotten = factor is None or (self.dice.random() < 0.1 and quality != "N")
        qualities = [quality] * count
        ranges = []
        if quality == "V":
            begin = 0
            while begin < count:
                end = self.dice.randint(begin + 1, count)
                said = "A" if rotten else self.dice.choice(("A", "E52", "F14", "S14", "N"))
                qualities[begin:end] = [said] * (end - begin)
                ranges.append(f"400,{begin + 1},{end},{said},{self.dice.choice(('', '32', '32,'))}")
                begin = end
        written = list(values)
        if rotten:
            written[self.dice.randrange(count)] = self.dice.choice(("x", "1_0", "4294967.295", "1,5".replace(",", ";")))
            self.bad += 1
        short = quality == "" or self.dice.random() < 0.3
        self.records.append(of_day(written, quality, f"2026010{number + 1}", "" if short else ",,,20260102030405,"))
        self.records += ranges
        if self.dice.random() < 0.3:
            self.records.append("500,O,S01009,20260101120000,1234.5")
        if rotten or factor is None:
            return
        for place, (value, said) in enumerate(zip(values, qualities, strict=True)):
            if said == "N" or value in ("", "Null"):
                self.gaps += 1
                continue
            key = nmi, channel, at(24 * 60 * number + minutes * place)
            self.read.setdefault(key, {})[suffix] = Decimal(value) * factor, SAID[said.upper()]

    @property
    def right(self) -> Landed:
        """The sums of the registers, of times at which none is missing that has days before and after."""
        found: Landed = {}
        for (nmi, channel, start), read in self.read.items():
            day = (start - MIDNIGHT).days
            wanted = [suffix for suffix, days in self.spans[nmi, channel].items() if min(days) <= day <= max(days)]
            if len(read) == len(wanted):
                worst = max((quality for _, quality in read.values()), key=QUALITIES.index)
                found[nmi, channel, start] = sum((value for value, _ in read.values()), Decimal(0)), worst
        return found

    def written(self, end: str) -> bytes:
        return end.join([*self.records, ""]).encode()


@settings(max_examples=50)
@given(st.integers(0, 2**32), st.sampled_from(["\n", "\r\n"]))
def test_what_lands_is_what_its_records_say(seed: int, end: str) -> None:
    model = Model(random.Random(seed))
    outcome = run(model.written(end), None)
    assert landed(outcome) == model.right
    assert outcome.staged.gaps == model.gaps + len(model.read) - len(model.right)
    assert (outcome.staged.rows, len(outcome.rejects), outcome.staged.blank) == (
        model.days + model.blank, model.bad, model.blank,
    )  # fmt: skip


@settings(max_examples=15)
@given(st.integers(0, 2**32), st.integers(4096, 10_000), st.integers(1, 100))
def test_where_the_blocks_of_a_file_end_does_not_matter(seed: int, block: int, piece: int) -> None:
    data = Model(random.Random(seed)).written("\n")
    whole = run(data, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BLOCK", block)
        patch.setattr(staging, "_SPLIT", piece)
        parts = run(data, None)
    assert sorted(parts.readings) == sorted(whole.readings)
    assert sorted(parts.rejects) == sorted(whole.rejects)
    assert (parts.staged.rows, parts.staged.gaps) == (whole.staged.rows, whole.staged.gaps)


FIELD = st.sampled_from(
    ["", " ", "100", "200", "300", "400", "900", "NEM12", NMI, "E1", "kWh", "15", "30", "20260101", "A", "V", "N", "1", "48",
     "²", '"', '"\r', "\0", "x", "9" * 30, "-1", "é", *["0.5"] * 5]
)  # fmt: skip
LINES = st.lists(
    st.one_of(
        st.lists(FIELD, max_size=8).map(",".join),
        st.just(of_meter()),
        st.tuples(st.sampled_from("AVNX"), st.lists(FIELD, max_size=4)).map(
            lambda it: ",".join([of_day(counted(), it[0]), *it[1]])
        ),
        st.tuples(FIELD, FIELD, FIELD).map(lambda it: ",".join(("400", *it))),
    ),
    max_size=10,
)


@settings(max_examples=60)
@given(LINES)
def test_no_lines_crash_it(lines: list[str]) -> None:
    try:
        run(nem12(*lines))
    except Refused as refusal:
        assert str(refusal)


@pytest.mark.parametrize("minutes", [5, 15, 30])
def test_the_first_value_is_that_of_midnight_in_the_market(minutes: int) -> None:
    values = counted(24 * 60 // minutes)
    outcome = run(nem12(of_meter(minutes=minutes), of_day(values)), None)
    assert landed(outcome) == {
        (NMI, "import", at(minutes * place)): (Decimal(value), "actual") for place, value in enumerate(values)
    }
    assert {one.minutes for one in outcome.readings} == {minutes}
    assert outcome.staged.rows == outcome.staged.accepted == 1


def test_no_day_has_a_clock_change() -> None:
    """In Sydney clocks change on 2026-04-05 and 2026-10-04."""
    for day in ("20260405", "20261004"):
        outcome = run(nem12(of_meter(), of_day(counted(), day=day)), None)
        first, last = (
            datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC) - timedelta(hours=hours) for hours in (10, -13.5)
        )
        assert (outcome.readings[0].start, outcome.readings[-1].start, len(outcome.readings)) == (first, last, 48)


@pytest.mark.parametrize(
    ("suffix", "unit", "channel", "wanted"),
    [
        ("E1", "kWh", "import", "2.5"),
        ("E1", "WH", "import", "0.0025"),
        ("E1", "mwh", "import", "2500"),
        ("E1", "kW", "import", "1.25"),
        ("E1", "W", "import", "0.00125"),
        ("B1", "KWH", "export", "2.5"),
        ("b1", "kWh", "export", "2.5"),
        ("Q1", "kVArh", "reactive-import", "2.5"),
        ("K1", "VARH", "reactive-export", "0.0025"),
        ("Q1", "kVAr", "reactive-import", "1.25"),
    ],
)
def test_a_channel_s_letter_and_unit_say_what_its_values_are(suffix: str, unit: str, channel: str, wanted: str) -> None:
    outcome = run(nem12(of_meter(suffix, unit), of_day(["2.5"] * 48)))
    assert {(one.channel, one.value) for one in outcome.readings} == {(channel, Decimal(wanted))}


UNUSABLE = {
    "a suffix of no channel": (of_meter("G1"), "the channel G1 is none of E (consumption)"),
    "no suffix": (of_meter(""), "is none of E (consumption)"),
    "reactive units of consumption": (of_meter("E1", "kVArh"), "kVArh is no unit of the channel E1"),
    "units of energy of a reactive channel": (of_meter("Q1", "kWh"), "kWh is no unit of the channel Q1"),
    "volts": (of_meter("E1", "V"), "V is no unit of the channel E1"),
    "no unit": (of_meter("E1", ""), "is no unit of the channel E1"),
    "intervals of ten minutes": (of_meter(minutes=10), "an interval has 5, 15 or 30 minutes"),
    "a record that is cut off": ("200,NEM1203045,E1", "an interval has 5, 15 or 30 minutes"),
    "a point that is none": (of_meter(nmi="METER12345"), "this is no MPAN (13 digits), NMI"),
    "a wrong check digit": (of_meter(nmi="QAAAVZZZZZ4"), "the check digit of the NMI QAAAVZZZZZ is 3, not 4"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_days_of_a_meter_that_can_t_be_used_are_rejected_and_others_land(name: str) -> None:
    record, reason = UNUSABLE[name]
    outcome = run(
        nem12(record, of_day(counted()), of_day(counted(), day="20260102"), of_meter("B1"), of_day(counted()))
    )
    assert [reject[0] for reject in outcome.rejects] == [3, 4]
    assert all(reason in said for said in outcome.reasons)
    assert {one.channel for one in outcome.readings} == {"export"}


def test_an_eleventh_character_is_the_check_digit() -> None:
    outcome = run(nem12(of_meter(nmi="QAAAVZZZZZ3"), of_day(counted())))
    assert {one.point for one in outcome.readings} == {"QAAAVZZZZZ"}


def test_a_day_below_no_200_record_is_rejected() -> None:
    outcome = run(nem12(of_day(counted())))
    assert outcome.reasons == ["no 200 record stands above this day"]
    both = run(nem12(of_meter(), of_day(counted()), "900", "100,NEM12,1,A,B", of_day(counted(), day="20260102")))
    assert (len(both.readings), both.reasons) == (48, ["no 200 record stands above this day"])


def test_a_missing_100_and_repeated_900s_cost_nothing() -> None:
    records = [of_meter(), of_day(counted()), "900", "900", of_day(counted(), day="20260102"), "900", "", "900"]
    outcome = run("\n".join(records).encode())
    assert (len(outcome.readings), outcome.rejects, outcome.staged.blank) == (96, [], 1)


def test_records_that_end_early_land_where_they_have_what_is_of_use() -> None:
    for behind in ("", ",", ",,", ",,,20260102030405", ",,,20260102030405,20260102030405", ",,,,,,,,,"):
        outcome = run(nem12(of_meter(), of_day(counted(), behind=behind)))
        assert (len(outcome.readings), outcome.rejects) == (48, [])
    outcome = run(nem12(of_meter(), f"300,20260101,{','.join(counted())}"))
    assert {one.quality for one in outcome.readings} == {"actual"}
    outcome = run(nem12(of_meter(), f"300,20260101,{','.join(counted()[:-1])}"))
    assert outcome.reasons == ["47 values where the 200 record says 48"]


@pytest.mark.parametrize("blank", [False, True])
@pytest.mark.parametrize(("said", "real"), [(15, 5), (30, 5), (30, 15)])
def test_more_values_than_the_meter_s_interval_has_are_rejected(said: int, real: int, blank: bool) -> None:
    """Five-minute rows below a 200 record of 15 minutes (nem-reader#40), also where a value is left out at the seam."""
    values = counted(24 * 60 // real)
    if blank:
        values[24 * 60 // said] = ""
    outcome = run(nem12(of_meter(minutes=said), of_day(values)))
    assert (outcome.readings, len(outcome.rejects)) == ([], 1)
    assert f"after {24 * 60 // said} values of {said} minutes stands no quality" in outcome.reasons[0]


def test_fewer_values_than_the_meter_s_interval_has_are_rejected() -> None:
    outcome = run(nem12(of_meter(minutes=5), of_day(counted())))
    assert (outcome.readings, len(outcome.rejects)) == ([], 1)
    assert "where the 200 record says 288" in outcome.reasons[0]


def test_an_interval_that_is_blank_is_a_gap() -> None:
    values = ["1.5", "", *["2.5"] * 45, ""]
    outcome = run(nem12(of_meter(), of_day(values)))
    assert (len(outcome.readings), outcome.staged.gaps, outcome.rejects) == (46, 2, [])
    assert (NMI, "import", at(30)) not in landed(outcome)


def test_a_day_of_null_data_is_gaps_whatever_its_values_are() -> None:
    outcome = run(nem12(of_meter(), of_day(["0"] * 48, "N"), of_day(["x"] * 48, "N14", "20260102")))
    assert (outcome.readings, outcome.staged.gaps, outcome.rejects, outcome.staged.accepted) == ([], 96, [], 2)


def test_qualities_by_range_are_those_of_their_intervals() -> None:
    ranges = ["400,1,20,A,,", "400,21,40,E52,,", "400,41,47,S14,32,", "400,48,48,N,,"]
    outcome = run(nem12(of_meter(), of_day(counted(), "V"), *ranges, of_day(counted(), "A", "20260102")))
    first = [one.quality for one in outcome.readings if one.start < at(24 * 60)]
    assert first == ["actual"] * 20 + ["estimated"] * 20 + ["substituted"] * 7
    assert (outcome.staged.gaps, outcome.staged.rows, outcome.staged.accepted) == (1, 2, 2)
    assert [f"{one.value}".rstrip("0") for one in outcome.readings if one.start < at(24 * 60)] == counted()[:47]


BROKEN = {
    "none": ([], "no 400 record says that of interval 1"),
    "a hole": (["400,1,20,A,,", "400,22,48,A,,"], "no 400 record says that of interval 21"),
    "an end before its begin": (["400,20,1,A,,", "400,1,48,A,,"], "line 4, a 400 record, is no range"),
    "from 0": (["400,0,48,A,,"], "line 4, a 400 record, is no range"),
    "beyond the day": (["400,1,49,A,,"], "line 4, a 400 record, is no range"),
    "no numbers": (["400,a,b,A,,"], "line 4, a 400 record, is no range"),
    "digits of another script": (["400,²,48,A,,"], "line 4, a 400 record, is no range"),
    "a number of a thousand digits": ([f"400,1,{'9' * 5000},A,,"], "line 4, a 400 record, is no range"),
    "no quality": (["400,1,48,,,"], "line 4, a 400 record, is no range"),
    "cut off": (["400,1"], "line 4, a 400 record, is no range"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_day_whose_qualities_are_not_all_told_is_rejected_and_the_next_one_lands(name: str) -> None:
    ranges, reason = BROKEN[name]
    outcome = run(nem12(of_meter(), of_day(counted(), "V"), *ranges, of_day(counted(), "A", "20260102")))
    assert [(reject[0], reject[1]) for reject in outcome.rejects] == [(3, "QualityMethod")]
    assert reason in outcome.reasons[0]
    assert len(outcome.readings) == 48


def test_the_last_day_s_ranges_are_read_to_the_end_of_the_file() -> None:
    records = [of_meter(), of_day(counted(), "V"), "400,1,24,A,,", "400,25,48,E,,"]
    outcome = run("\n".join(records).encode())
    assert [one.quality for one in outcome.readings] == ["actual"] * 24 + ["estimated"] * 24


@pytest.mark.parametrize(("ranges", "quality"), [([], "A"), (["400,1,48,A,,"], "V")])
@pytest.mark.parametrize("value", ["x", "1_000", "4294967.295", "999999999"])
def test_a_value_that_is_none_costs_its_day_alone(value: str, quality: str, ranges: list[str]) -> None:
    values = counted()
    values[6] = value
    outcome = run(nem12(of_meter(), of_day(values, quality), *ranges, of_day(counted(), day="20260102")), None)
    assert [reject[:3] for reject in outcome.rejects] == [(3, "value 7", value)]
    assert len(outcome.readings) == 48


def test_a_value_in_a_range_of_null_data_costs_nothing() -> None:
    values = counted()
    values[6] = "x"
    outcome = run(nem12(of_meter(), of_day(values, "V"), "400,1,6,A,,", "400,7,7,N,,", "400,8,48,A,,"), None)
    assert (len(outcome.readings), outcome.staged.gaps, outcome.rejects) == (47, 1, [])


@pytest.mark.parametrize(("quality", "ranges"), [("A", []), ("V", ["400,1,24,A,,", "400,25,48,E,,"])])
@pytest.mark.parametrize("rest", ["", "0", "0.000"])
def test_what_is_yet_to_come_of_a_day_is_a_gap(rest: str, quality: str, ranges: list[str]) -> None:
    values = [*["1.5"] * 24, *[rest] * 24]
    outcome = run(nem12(of_meter(), of_day(values, quality), *ranges), None, at(12 * 60))
    assert (len(outcome.readings), outcome.rejects) == (24 + (rest != ""), [])
    assert outcome.readings[-1].start <= at(12 * 60)


@pytest.mark.parametrize(("quality", "ranges"), [("A", []), ("V", ["400,1,24,A,,", "400,25,48,E,,"])])
def test_a_day_with_a_value_that_is_yet_to_come_is_rejected_once(quality: str, ranges: list[str]) -> None:
    outcome = run(nem12(of_meter(), of_day(["1.5"] * 48, quality), *ranges), None, at(12 * 60))
    assert (outcome.readings, [reject[:2] for reject in outcome.rejects]) == ([], [(3, "value 26")])
    assert "the start is later than the file" in outcome.reasons[0]


def test_a_v_day_of_which_the_rest_is_null_data_lands_at_noon() -> None:
    outcome = run(nem12(of_meter(), of_day(["1.5"] * 48, "V"), "400,1,24,A,,", "400,25,48,N,,"), None, at(12 * 60))
    assert (len(outcome.readings), outcome.staged.gaps, outcome.rejects) == (24, 24, [])


def test_registers_of_one_direction_are_added_up_and_it_is_told() -> None:
    one, two = counted(), [f"{number}.25" for number in range(48)]
    outcome = run(
        nem12(of_meter("E1"), of_day(one), of_meter("E2", "Wh"), of_day(two, "E52"), of_meter("B1"), of_day(two))
    )
    total = {at(30 * n): Decimal(a) + Decimal(b) / 1000 for n, (a, b) in enumerate(zip(one, two, strict=True))}
    assert {r.start: r.value for r in outcome.readings if r.channel == "import"} == total
    assert {r.quality for r in outcome.readings if r.channel == "import"} == {"estimated"}
    assert {r.value for r in outcome.readings if r.channel == "export"} == set(map(Decimal, two))
    assert "import is what its first register and e2 have together" in outcome.staged.assumed


def test_registers_of_two_meters_are_not_added() -> None:
    outcome = run(nem12(of_meter("E1"), of_day(["1"] * 48), of_meter("E2", nmi=OTHER), of_day(["2"] * 48)))
    assert {(one.point, one.value) for one in outcome.readings} == {(NMI, 1), (OTHER, 2)}
    assert not any("together" in said for said in outcome.staged.assumed)


FLAWED = [*["2"] * 47, "4294967.295"]
LOST = {
    "its one day is rejected": [of_meter("E2"), of_day(FLAWED, day="20260102")],
    "its one day, of qualities by range, is rejected": [
        of_meter("E2"), of_day(FLAWED, "V", "20260102"), "400,1,48,A,,"
    ],
    "its one day is cut off": [of_meter("E2"), of_day(["2"] * 10, day="20260102")],
    "its unit is none": [of_meter("E2", "V"), of_day(["2"] * 48, day="20260102")],
    "its interval is none": [of_meter("E2", minutes=10), of_day(["2"] * 48, day="20260102")],
}  # fmt: skip


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("name", LOST)
def test_a_register_whose_every_day_is_rejected_is_missed_in_the_sum(name: str, first: bool) -> None:
    """What the other register has on this day is not the meter's consumption."""
    other = [of_meter("E1"), *(of_day(["1"] * 48, day=f"2026010{number}") for number in (1, 2, 3))]
    outcome = run(nem12(*(LOST[name] + other if first else other + LOST[name])), None)
    assert {one.start for one in outcome.readings} == {at(30 * n) for n in range(3 * 48) if n // 48 != 1}
    assert {one.value for one in outcome.readings} == {1}
    assert (outcome.staged.gaps, len(outcome.rejects)) == (48, 1)
    assert "48 readings are left out, since one of the registers that they are added from has none then" in (
        outcome.staged.assumed
    )


def test_registers_whose_every_day_is_rejected_land_nothing() -> None:
    outcome = run(nem12(of_meter("E1"), of_day(FLAWED), of_meter("E2"), of_day(FLAWED)), None)
    assert (outcome.readings, outcome.staged.gaps, len(outcome.rejects)) == ([], 0, 2)


def test_a_register_that_is_sent_twice_is_not_doubled() -> None:
    records = [
        of_meter("E1"),
        of_day(["1"] * 48),
        of_meter("E2"),
        of_day(["2"] * 48),
        of_meter("e1"),
        of_day(["3"] * 48),
    ]
    outcome = run(nem12(*records))
    assert [one.value for one in outcome.readings] == [5] * 48


@pytest.mark.parametrize(
    "content",
    [
        b"100,NEM13,202601021135,MDA1,Ret1\n250,NEM1203045,11,1,11,,METSER123,E,1,20260101000000,A,,,1,20260201000000,A\n900\n",
        b"250,NEM1203045,11,1,11,,METSER123,E,1,20260101000000,A,,,1,20260201000000,A,,,30,kWh,,\n900\n",
        nem12(of_meter(), of_day(counted()), "900", "100,NEM13,202601021135,MDA1,Ret1"),
    ],
)
def test_nem13_is_refused(content: bytes) -> None:
    with pytest.raises(Refused, match="NEM13"):
        run(content)


def test_a_record_of_no_kind_is_rejected_and_the_others_land() -> None:
    outcome = run(
        nem12(of_meter(), "250,NEM1203045,11", of_day(counted()), "Total,1,2", of_day(counted(), day="20260102"))
    )
    assert [reject[0] for reject in outcome.rejects] == [3, 5]
    assert set(outcome.reasons) == {"a record is one of 100, 200, 300, 400, 500 and 900"}
    assert len(outcome.readings) == 96


@pytest.mark.parametrize("day", ["", "20261301", "2026010", "31/01/2026", "18500101", "x"])
def test_a_day_that_is_none_is_rejected(day: str) -> None:
    outcome = run(nem12(of_meter(), of_day(counted(), day=day)))
    assert (outcome.readings, outcome.reasons) == ([], ["a day is written 20260131"])


@pytest.mark.parametrize("quality", ["X", "Actual", "A123", "0.5", "1"])
def test_a_quality_that_is_none_is_rejected(quality: str) -> None:
    outcome = run(nem12(of_meter(), of_day(counted(), quality)))
    assert (outcome.readings, [reject[1] for reject in outcome.rejects]) == ([], ["QualityMethod"])


def test_fields_in_quotes_are_read() -> None:
    lines = [of_meter(), of_day(counted())]
    quoted = "\n".join(",".join(f'"{field}"' for field in line.split(",")) for line in ["100,NEM12,1,A,B", *lines])
    assert landed(run(quoted.encode())) == landed(run(nem12(*lines)))


def test_a_file_that_is_not_read_to_its_end_lands_what_is_there() -> None:
    outcome = run(nem12(of_meter(), of_day(counted())), whole=False)
    assert len(outcome.readings) == 48
