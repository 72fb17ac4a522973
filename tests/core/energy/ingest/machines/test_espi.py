"""Green Button's XML against a model of its feed: what readings are, their types say, and links say which."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.energy.ingest import staging
from core.energy.ingest.machines import espi
from core.energy.ingest.source import Refused
from core.energy.readings.sources import Source
from tests.core.energy.ingest.files import MPAN, TRUSTED, Outcome, run

SOURCE = Source(files="*", point=MPAN, allow=TRUSTED.allow)
DAY = datetime(2026, 1, 1, 8, tzinfo=UTC)
BASE = "https://utility.example/espi/1_1/resource"
POINT = f"{BASE}/Subscription/5/UsagePoint/1"


def entry(content: str, **links: str | Iterable[str]) -> str:
    """An entry of the feed, with its links."""
    every = [(rel, href) for rel, hrefs in links.items() for href in ([hrefs] if isinstance(hrefs, str) else hrefs)]
    shown = "".join(f'<link rel="{rel}" href="{href}"/>' for rel, href in every)
    return f"<entry><id>urn:uuid:1</id>{shown}<title/><content>{content}</content></entry>"


def of_type(number: int | None = 1, **said: Any) -> str:
    fields = {"commodity": 1, "flowDirection": 1, "intervalLength": 900, "powerOfTenMultiplier": 0, "uom": 72, **said}
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items() if value is not None)
    links = {"self": f"{BASE}/ReadingType/{number}"} if number is not None else {}
    return entry(f'<ReadingType xmlns="http://naesb.org/espi">{inner}</ReadingType>', **links)


def of_meter(number: int = 1, kind: int | None = 1) -> str:
    meter = f"{POINT}/MeterReading/{number}"
    related = [f"{meter}/IntervalBlock", *([f"{BASE}/ReadingType/{kind}"] if kind is not None else [])]
    return entry(
        '<MeterReading xmlns="http://naesb.org/espi"/>', self=meter, up=f"{POINT}/MeterReading", related=related
    )


def of_point(href: str = POINT) -> str:
    return entry(
        '<UsagePoint xmlns="http://naesb.org/espi"><ServiceCategory><kind>0</kind></ServiceCategory></UsagePoint>',
        self=href,
    )


def reading(begin: datetime, value: object, seconds: object = 900, quality: object = None) -> str:
    flag = f"<ReadingQuality><quality>{quality}</quality></ReadingQuality>" if quality is not None else ""
    return (
        f"<IntervalReading><cost>12345</cost>{flag}<timePeriod><duration>{seconds}</duration>"
        f"<start>{int(begin.timestamp())}</start></timePeriod><value>{value}</value></IntervalReading>"
    )


def of_block(*readings: str, meter: int | None = 1) -> str:
    """With an interval of its own, and a start, as blocks have."""
    links = {} if meter is None else {
        "self": f"{POINT}/MeterReading/{meter}/IntervalBlock/7", "up": f"{POINT}/MeterReading/{meter}/IntervalBlock",
    }  # fmt: skip
    whole = "<interval><duration>86400</duration><start>1767254400</start></interval>"
    return entry(f'<IntervalBlock xmlns="http://naesb.org/espi">{whole}{"".join(readings)}</IntervalBlock>', **links)


def feed(*entries: str, encoding: str = "UTF-8", above: str = "") -> bytes:
    text = f'<?xml version="1.0" encoding="{encoding}"?>{above}<feed xmlns="http://www.w3.org/2005/Atom">{"".join(entries)}</feed>'
    return text.encode(encoding)


def quarters(count: int = 96, begin: datetime = DAY, seconds: int = 900) -> list[str]:
    return [
        reading(begin + timedelta(seconds=seconds * number), f"{number * 7 % count}", seconds)
        for number in range(count)
    ]


def typed(**said: Any) -> Outcome:
    """A day of readings of a type."""
    return run(feed(of_point(), of_meter(), of_type(**said), of_block(*quarters())), SOURCE)


def test_a_day_lands_at_its_seconds_with_the_sources_point() -> None:
    outcome = typed()
    assert [(one.point, one.start, one.minutes, one.value) for one in outcome.readings] == [
        (MPAN, DAY + timedelta(minutes=15 * number), 15, Decimal(number * 7 % 96) / 1000) for number in range(96)
    ]
    assert (outcome.staged.rows, outcome.staged.accepted) == (96, 96)
    assert [one.line for one in outcome.readings] == list(range(1, 97))


@pytest.mark.parametrize("seconds", [300, 600, 900, 1800, 3600])
def test_intervals_have_the_length_that_they_say(seconds: int) -> None:
    outcome = run(feed(of_meter(), of_type(), of_block(*quarters(24, seconds=seconds))), SOURCE)
    assert {one.minutes for one in outcome.readings} == {seconds // 60}
    assert [one.start for one in outcome.readings] == [
        DAY + timedelta(seconds=seconds * number) for number in range(24)
    ]


@pytest.mark.parametrize(
    ("said", "channel", "factor"),
    [
        ({}, "import", "0.001"),
        ({"flowDirection": 19}, "export", "0.001"),
        ({"powerOfTenMultiplier": 3}, "import", "1"),
        ({"powerOfTenMultiplier": -3}, "import", "0.000001"),
        ({"powerOfTenMultiplier": 6}, "import", "1000"),
        ({"powerOfTenMultiplier": None}, "import", "0.001"),
        ({"powerOfTenMultiplier": ""}, "import", "0.001"),
        ({"uom": 38}, "import", "0.00025"),
        ({"uom": 73}, "reactive-import", "0.001"),
        ({"uom": 73, "flowDirection": 19}, "reactive-export", "0.001"),
        ({"uom": 63}, "reactive-import", "0.00025"),
        ({"commodity": None}, "import", "0.001"),
        ({"commodity": 2}, "import", "0.001"),
        ({"accumulationBehaviour": 4}, "import", "0.001"),
        ({"accumulationBehaviour": 0}, "import", "0.001"),
        ({"dataQualifier": 12, "kind": 12, "currency": 840}, "import", "0.001"),
    ],
)
def test_a_type_says_what_its_values_are(said: dict[str, Any], channel: str, factor: str) -> None:
    outcome = typed(**said)
    assert (len(outcome.readings), outcome.rejects) == (96, [])
    assert {one.channel for one in outcome.readings} == {channel}
    assert [one.value for one in outcome.readings] == [
        Decimal(number * 7 % 96) * Decimal(factor) for number in range(96)
    ]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"commodity": 7}, "the commodity 7 is no electricity"),
        ({"uom": 169, "commodity": 7}, "the commodity 7 is no electricity"),
        ({"uom": 42}, "the unit (uom) '42' is none of 72 (Wh)"),
        ({"uom": 29}, "the unit (uom) '29' is none of"),
        ({"uom": None}, "the unit (uom) '' is none of"),
        ({"accumulationBehaviour": 3}, "the values accumulate"),
        ({"accumulationBehaviour": 1}, "the values accumulate"),
        ({"accumulationBehaviour": 9}, "the values accumulate"),
        ({"flowDirection": 4}, "the flowDirection '4' is neither 1 (delivered) nor 19 (received)"),
        ({"flowDirection": 20}, "the flowDirection '20' is neither"),
        ({"flowDirection": None}, "the flowDirection '' is neither"),
        ({"powerOfTenMultiplier": "x"}, "the powerOfTenMultiplier 'x' is no small whole number"),
        ({"powerOfTenMultiplier": "999999"}, "the powerOfTenMultiplier '999999' is no small"),
        ({"defaultQuality": 10}, "the defaultQuality 10 is none of values that can be used"),
        ({"uom": 38, "dataQualifier": 8}, "the values are the highest or the lowest of their intervals"),
    ],
)
def test_readings_of_a_type_that_is_no_energy_are_rejected(said: dict[str, Any], reason: str) -> None:
    outcome = typed(**said)
    assert (outcome.readings, len(outcome.rejects), outcome.staged.accepted) == ([], 96, 0)
    assert all(one.startswith(reason) for one in outcome.reasons)


@pytest.mark.parametrize(
    ("default", "own", "wanted"),
    [
        (None, None, "actual"), (17, None, "actual"), (8, None, "estimated"), (11, None, "substituted"), (8, 17, "actual"),
        (None, 9, "estimated"), (0, 7, "substituted"), (None, 14, "actual"),
    ],
)  # fmt: skip
def test_a_reading_has_its_own_quality_or_that_of_its_type(default: int | None, own: int | None, wanted: str) -> None:
    outcome = run(feed(of_meter(), of_type(defaultQuality=default), of_block(reading(DAY, 5, quality=own))), SOURCE)
    assert [one.quality for one in outcome.readings] == [wanted]


@pytest.mark.parametrize(
    ("flawed", "column"),
    [
        (reading(DAY, 5, quality=10), "quality"),
        (reading(DAY, 5, 86400), "duration"),
        (reading(DAY, 5, 901), "duration"),
        (reading(DAY, 5, 0), "duration"),
        (reading(DAY, 5, "0000003000"), "start"),
        (reading(DAY, 5, "9" * 5000), "start"),
        (reading(DAY, 5, "²"), "start"),
        (reading(DAY, 5, ""), "start"),
        (reading(DAY + timedelta(seconds=1), 5), "start"),
        (reading(DAY + timedelta(minutes=5), 5), "value"),
        (reading(DAY, "x"), "value"),
        (reading(DAY, "1" * 70), "value"),
        (reading(DAY, "1" * 20_000 + "5"), "value"),
        (f"<IntervalReading><value>5</value><timePeriod><start>{'9' * 400}</start><duration>900</duration></timePeriod></IntervalReading>", "start"),
        ("<IntervalReading><value>5</value></IntervalReading>", "start"),
    ],
)  # fmt: skip
def test_a_reading_that_is_none_costs_itself_alone(flawed: str, column: str) -> None:
    first, second = reading(DAY, 1), reading(DAY + timedelta(minutes=30), 2)
    outcome = run(feed(of_meter(), of_type(), of_block(first, flawed, second)), SOURCE)
    assert [reject[:2] for reject in outcome.rejects] == [(2, column)]
    assert [(one.line, one.value) for one in outcome.readings] == [(1, Decimal("0.001")), (3, Decimal("0.002"))]


def test_a_reading_without_a_value_is_a_gap() -> None:
    nothing = f"<IntervalReading><timePeriod><duration>900</duration><start>{int(DAY.timestamp())}</start></timePeriod></IntervalReading>"
    outcome = run(feed(of_meter(), of_type(), of_block(nothing, reading(DAY + timedelta(minutes=15), ""))), SOURCE)
    assert (outcome.readings, outcome.rejects, outcome.staged.gaps, outcome.staged.accepted) == ([], [], 2, 2)


ENTRIES = {
    "imported": of_meter(1, 1),
    "exported": of_meter(2, 2),
    "import": of_type(1),
    "export": of_type(2, flowDirection=19, powerOfTenMultiplier=3),
    "first": of_block(reading(DAY, 1), meter=1),
    "second": of_block(reading(DAY, 2), meter=2),
}


def test_the_entries_of_a_feed_may_come_in_any_order() -> None:
    """Also where all blocks come before their types, so that the first type is not taken for that of each."""
    for order in [*random.Random(1).sample(list(permutations(ENTRIES)), 40), ("first", "second", *list(ENTRIES)[:4])]:
        outcome = run(feed(of_point(), *(ENTRIES[name] for name in order)), SOURCE)
        found = {(one.channel, one.value) for one in outcome.readings}
        assert (found, outcome.rejects) == ({("import", Decimal("0.001")), ("export", Decimal(2))}, []), order


def test_one_type_is_that_of_readings_without_links() -> None:
    for entries in (
        [of_type(None), of_block(reading(DAY, 1), meter=None)],
        [of_block(reading(DAY, 1), meter=None), of_type(None)],
    ):
        (one,) = run(feed(*entries), SOURCE).readings
        assert (one.channel, one.value) == ("import", Decimal("0.001"))
    (one,) = run(feed(of_meter(kind=None), of_type(), of_block(reading(DAY, 1))), SOURCE).readings
    assert one.channel == "import"


def test_of_several_types_none_is_guessed() -> None:
    both = [of_type(1), of_type(2, flowDirection=19)]
    block = of_block(reading(DAY, 1), meter=None)
    for entries in ([*both, block], [block, *both]):
        outcome = run(feed(*entries), SOURCE)
        assert (outcome.readings, len(outcome.rejects)) == ([], 1)
        assert outcome.reasons == ["no link says which ReadingType of the feed this reading has"]
    with pytest.raises(Refused, match="several ReadingTypes, and no links"):
        run(feed(both[0], block, both[1], block), SOURCE)


def test_a_type_that_is_not_in_the_feed_is_not_replaced_by_another() -> None:
    outcome = run(feed(of_meter(kind=9), of_type(1), of_block(reading(DAY, 1))), SOURCE)
    assert (outcome.readings, len(outcome.rejects)) == ([], 1)


def test_readings_without_any_type_are_refused() -> None:
    with pytest.raises(Refused, match="no ReadingType that says what they are"):
        run(feed(of_meter(), of_block(*quarters())), SOURCE)


def test_readings_that_wait_for_their_type_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(espi, "MAX_WAITING", 50)
    with pytest.raises(Refused, match="behind more than 50 readings"):
        run(feed(of_meter(), of_block(*quarters()), of_type()), SOURCE)
    assert len(run(feed(of_meter(), of_type(), of_block(*quarters())), SOURCE).readings) == 96


@pytest.mark.parametrize(
    "points",
    [
        [of_point(POINT), of_point(POINT.replace("/1", "/2"))],
        [of_point("urn:uuid:1"), of_point("urn:uuid:2")],
        [of_meter(), of_meter().replace("UsagePoint/1", "UsagePoint/2")],
    ],
)
def test_a_feed_of_several_usage_points_is_refused(points: list[str]) -> None:
    with pytest.raises(Refused, match="several usage points; download each by itself"):
        run(feed(*points, of_type(), of_block(*quarters(), meter=None)), SOURCE)


def test_without_a_point_from_the_sources_it_is_refused() -> None:
    with pytest.raises(Refused, match="does not say whose readings these are"):
        run(feed(of_point(), of_meter(), of_type(), of_block(*quarters())))


BOMB = "".join(f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, 20))
WHOLE = (of_meter(), of_type(), of_block(*quarters()))


@pytest.mark.parametrize(
    "above",
    [
        f'<!DOCTYPE feed [<!ENTITY e0 "ha">{BOMB}]>',
        '<!DOCTYPE feed [<!ENTITY e0 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE feed SYSTEM "https://elsewhere.example/feed.dtd">',
    ],
    ids=["entities of entities", "a file for an entity", "a document type elsewhere"],
)
def test_a_document_type_is_refused(above: str) -> None:
    bomb = of_block(reading(DAY, "&e0;"))
    with pytest.raises(Refused, match="the XML has a document type"):
        run(feed(*WHOLE, bomb, above=above), SOURCE)


def test_an_entity_that_is_not_declared_is_refused() -> None:
    with pytest.raises(Refused, match="no whole XML"):
        run(feed(of_meter(), of_type(), of_block(reading(DAY, "&lol;"))), SOURCE)


def test_what_is_nested_without_end_is_refused() -> None:
    with pytest.raises(Refused, match="nested more deeply"):
        run(feed(*WHOLE, "<a>" * 10_000), SOURCE)


def test_a_feed_that_is_cut_off_is_refused_wherever_it_is() -> None:
    whole = feed(*WHOLE)
    for size in (len(whole) - 1, len(whole) - 100, len(whole) // 2, whole.index(b"<IntervalReading>") + 20):
        with pytest.raises(Refused, match="no whole XML"):
            run(whole[:size], SOURCE)
    assert len(run(whole[:-100], SOURCE, whole=False).readings) == 95
    late = feed(of_meter(), of_block(*quarters()), of_type())
    assert len(run(late[:-10], SOURCE, whole=False).readings) == 96


def test_a_feed_is_read_in_the_encoding_that_it_has() -> None:
    for encoding in ("UTF-8", "UTF-16", "windows-1252"):
        name = entry("<UsagePoint/>", self=POINT).replace("<title/>", "<title>Café</title>")
        assert len(run(feed(name, *WHOLE, encoding=encoding), SOURCE).readings) == 96


def test_a_month_on_one_line_is_read() -> None:
    content = feed(of_point(), of_meter(), of_type(), of_block(*quarters(31 * 96)))
    assert content.count(b"\n") == 0
    assert len(run(content, SOURCE).readings) == 31 * 96


def test_names_may_have_a_prefix() -> None:
    text = feed(*WHOLE).decode()
    for tag in (
        "IntervalBlock",
        "IntervalReading",
        "ReadingType",
        "MeterReading",
        "timePeriod",
        "duration",
        "start",
        "value",
        "uom",
    ):
        text = text.replace(f"<{tag}>", f"<espi:{tag}>").replace(f"</{tag}>", f"</espi:{tag}>")
        text = text.replace(f"<{tag} xmlns=", f"<espi:{tag} xmlns=")
    text = text.replace("<feed ", '<feed xmlns:espi="http://naesb.org/espi" ')
    assert len(run(text.encode(), SOURCE).readings) == 96


def test_what_stands_in_the_middle_of_a_text_does_not_matter() -> None:
    odd = reading(DAY, "<!-- c -->1<![CDATA[2]]>\n ")
    (one,) = run(feed(of_meter(), of_type(), of_block(odd)), SOURCE).readings
    assert one.value == Decimal("0.012")


class Model:
    """A feed that is made up at random, and what is right of it."""

    def __init__(self, dice: random.Random) -> None:
        self.right: dict[tuple[str, datetime, int], tuple[Decimal, str]] = {}
        self.rows = self.bad = self.gaps = 0
        entries = []
        for number, (uom, flow) in enumerate(dice.sample([(72, 1), (72, 19), (73, 1), (63, 19)], dice.randint(1, 3))):
            power = dice.choice((-2, 0, 1, 3))
            minutes = dice.choice((5, 15, 30, 60))
            entries += [
                of_type(number, uom=uom, flowDirection=flow, powerOfTenMultiplier=power),
                of_meter(number, number),
            ]
            factor = Fraction(10) ** (power - 3) * (Fraction(minutes, 60) if uom == 63 else 1)
            channel = ("reactive-" if uom != 72 else "") + ("import" if flow == 1 else "export")
            for block in range(dice.randint(1, 3)):
                begin = DAY + timedelta(hours=12 * block)
                entries.append(of_block(*self._block(dice, begin, minutes, channel, factor), meter=number))
        dice.shuffle(entries)
        self.content = feed(of_point(), *entries)

    def _block(
        self, dice: random.Random, begin: datetime, minutes: int, channel: str, factor: Fraction
    ) -> Iterable[str]:
        for place in sorted(dice.sample(range(12), dice.randint(0, 12))):
            value, quality = dice.choice((0, 12, 600, -36, "", "x")), dice.choice((None, None, 8, 10, 17))
            start = begin + timedelta(minutes=minutes * place)
            self.rows += 1
            yield reading(start, value, minutes * 60, quality)
            if quality == 10 or value == "x":
                self.bad += 1
            elif value == "":
                self.gaps += 1
            else:
                exact = Fraction(value) * factor
                self.right[channel, start, minutes] = (
                    Decimal(exact.numerator) / exact.denominator,
                    "estimated" if quality == 8 else "actual",
                )


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 200))
def test_what_lands_is_what_the_feed_says_however_it_is_cut_up(seed: int, piece: int) -> None:
    model = Model(random.Random(seed))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(staging, "_SPLIT", piece)
        outcome = run(model.content, SOURCE)
    found = {(one.channel, one.start, one.minutes): (one.value, one.quality) for one in outcome.readings}
    assert (found, len(found)) == (model.right, len(outcome.readings))
    assert (outcome.staged.rows, len(outcome.rejects), outcome.staged.gaps) == (model.rows, model.bad, model.gaps)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 5000),
            st.integers(0, 60),
            st.sampled_from([b"", b"<", b"</a>", b"&", b"\0", b"\xff", b"9", b"-"]),
        ),
        max_size=3,
    )
)
def test_a_feed_that_is_damaged_lands_or_is_refused(damage: list[tuple[int, int, bytes]]) -> None:
    content = feed(of_point(), of_meter(), of_type(), of_block(*quarters(10)))
    for at, lost, other in damage:
        content = content[:at] + other + content[at + lost :]
    try:
        run(content, SOURCE)
    except Refused as refusal:
        assert str(refusal)
