"""The two paths of a long file must agree on every byte; and what a file is made of must not matter."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.energy.ingest import columns, quotes, rejects, rows, source, staging
from core.energy.ingest.batches import Batches
from core.energy.ingest.columns import Columns
from core.energy.ingest.header import Header
from core.energy.ingest.interval_rows import IntervalRows
from core.energy.ingest.judge import Judge
from core.energy.ingest.quotes import ends_in_quotes
from core.energy.ingest.recognise import recognise
from core.energy.ingest.rejects import Rejects
from core.energy.ingest.rows import Rows
from core.energy.ingest.source import Refused
from core.energy.ingest.tally import Tally
from core.energy.ingest.terms import Terms
from core.kernel.clock import microseconds
from tests.core.energy.ingest.files import HEADER, MPAN, RECEIVED, decimals, line, mpan, run

FIELDS = st.one_of(
    st.sampled_from([MPAN, "NEM1203045", "123", "", " ", '"', '""', '"1012345678903"', "\r", "\ufeff", "é", "\0"]),
    st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T00:30:00+01:00", "2026-01-01", "x", "0.5", "1", "24", "25"]),
    st.sampled_from(
        [
            "1e-3",
            "0.30000000000000004",
            "1.123456789",
            "-0",
            "-",
            "0.5E",
            "+.5",
            " 7 ",
            "NaN",
            "1_0",
            "999999999.999999999",
        ]
    ),
    st.text('0123456789.,"\r ', max_size=6),
)
GOOD = st.builds(
    lambda half_hour, kwh, version: [
        MPAN,
        f"2026-01-01T{half_hour // 2:02}:{half_hour % 2 * 30:02}:00Z",
        str(version),
        kwh,
    ],
    st.integers(0, 47),
    st.sampled_from(["0.5", "1", "0.30000000000000004", "1e-3", "12345.678901234", "-1"]),
    st.integers(1, 24),
)


def judging() -> tuple[Judge, Batches]:
    """The rules of a long file, and where its rows go."""
    terms = Terms(microseconds(RECEIVED))
    return Judge(recognise(HEADER, terms).header, terms), Batches("s.csv", RECEIVED)


def header_of(judge: Judge) -> Header:
    assert judge.header is not None
    return judge.header


LINES = st.one_of(GOOD, st.lists(FIELDS, min_size=4, max_size=4), st.lists(FIELDS, max_size=6))
FILES = st.tuples(
    st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r\n", "\n\n", "\r\n\r\n\n"])), max_size=12), st.booleans()
)


def content(file: tuple[list[tuple[list[str], str]], bool]) -> bytes:
    lines, final = file
    text = "".join(",".join(fields) + end for fields, end in lines)
    return HEADER + (text if final else text.rstrip("\r\n")).encode()


@settings(max_examples=400)
@given(FILES)
def test_both_paths_give_the_same_rows_and_rejects(file: tuple[list[tuple[list[str], str]], bool]) -> None:
    data = content(file)
    fast = run(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns.Columns, "read", lambda *_: None)
        slow = run(data)
    assert sorted(fast.rows) == sorted(slow.rows)
    assert fast.rejects == slow.rejects
    assert fast.staged.rows == slow.staged.rows


@settings(max_examples=200)
@given(FILES, st.integers(64, 200))
def test_where_blocks_end_does_not_matter(file: tuple[list[tuple[list[str], str]], bool], block: int) -> None:
    data = content(file)
    whole = run(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BLOCK", block)
        patch.setattr(staging, "_SPLIT", 32)
        parts = run(data)
    if not any("too long" in reason or "longer than" in reason for *_, reason in parts.rejects):
        assert sorted(whole.rows) == sorted(parts.rows)
        assert whole.rejects == parts.rejects


@given(st.binary(max_size=300))
def test_no_bytes_crash_it(data: bytes) -> None:
    run(HEADER + data)
    try:
        run(data)
    except Refused as refusal:
        assert str(refusal)


def test_lines_are_counted_from_the_header_on() -> None:
    outcome = run(
        HEADER + line() + b"\n" + line("bad") + b'"a\nb",2,3,4\n' + line("2026-01-01T00:30:00Z") + line("worse")
    )
    assert [row[4] for row in outcome.rows] == [2, 7]
    assert [reject[0] for reject in outcome.rejects] == [4, 5, 8]


def test_blank_lines_are_passed_over_before_rows_are_read_one_by_one() -> None:
    """However many they are and wherever they stand; the rows keep the numbers of their lines."""
    for blank in (b"\n", b"\r\n"):
        data = blank * 5 + line() + blank * 100_000 + line("2026-01-01T00:30:00Z") + line("bad") + blank
        judge, batches = judging()
        tally = Tally(batches, Rejects(Path("nowhere")))
        taken = Columns(judge, header_of(judge), batches, tally, IntervalRows(judge, header_of(judge), tally)).read(
            2, data.count(b"\n"), memoryview(data[: data.index(b"bad") - len(MPAN) - 1])
        )
        assert taken is not None
        assert [row for batch in taken for row in batch.column("line").to_pylist()] == [7, 100_008]
        outcome = run(HEADER + data)
        assert [row[4] for row in outcome.rows] == [7, 100_008]
        assert [reject[0] for reject in outcome.rejects] == [100_009]
        assert (outcome.staged.rows, outcome.staged.blank) == (3 + 100_006, 100_006)


def test_a_quote_that_is_never_closed_costs_one_line() -> None:
    outcome = run(
        HEADER
        + line()
        + b'1012345678903,2026-01-01T00:30:00Z,1,"5\n'
        + line("2026-01-01T01:00:00Z") * 1
        + line("2026-01-01T01:30:00Z")
    )
    assert [row[4] for row in outcome.rows] == [2, 4, 5]
    assert [(r[0], r[3]) for r in outcome.rejects] == [(3, "a quote is opened and never closed")]


def test_an_open_quote_at_the_end_of_the_file_names_its_line() -> None:
    for end in (b"", b"\n"):
        outcome = run(HEADER + line() + b'"x' + end)
        assert [(r[0], r[3]) for r in outcome.rejects] == [(3, "a quote is opened and never closed")]


def test_an_even_number_of_quotes_is_no_proof() -> None:
    header = b"point,start,version,kwh,note\n"
    outcome = run(header + line()[:-1] + b',5" pipe\n' + line("2026-01-01T00:30:00Z")[:-1] + b',"open\n')
    assert [row[4] for row in outcome.rows] == [2]
    assert [(r[0], r[3]) for r in outcome.rejects] == [(3, "a quote is opened and never closed")]


@pytest.mark.parametrize(
    "lines",
    [
        b"".join(b'"\n' + b'a""\n' * 50 for _ in range(2000)),
        b'a"b,"\n' * 30_000,
        b'a"b,"' + b"x" * 500 + b"\n" + b'a"b,"\n' * 30_000,
        b'a,"\n' + b"x\n" * 50_000,
        b'"\n' * 50_000,
        b'1,"\n' * 20_000 + b'"' + b"x" * 60_000 + b"\n",
    ],
    ids=["in pairs", "closed by none", "after a long line", "opened once", "alone", "closed by a long line"],
)
def test_open_quotes_by_the_thousand_cost_no_more_than_their_bytes(
    lines: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line is judged once as the beginning of a record, once as what may close one; and again, no more of them than
    a record has, where a block is read in parts, which are at least twice as long."""
    judged = 0

    def counting(line: bytes, *, inside: bool = False, delimiter: bytes = b",") -> bool:
        nonlocal judged
        judged += len(line)
        return ends_in_quotes(line, inside=inside)

    for module in (quotes, rows, staging):
        monkeypatch.setattr(module, "ends_in_quotes", counting)
    outcome = run(HEADER + lines)
    assert outcome.staged.rows == outcome.staged.accepted + outcome.staged.blank + len(outcome.rejects)
    assert judged <= 2 * (1.5 * len(lines) + 4 * source.MAX_LINE)


QUOTED_LINES = st.lists(st.text('a",\r', max_size=5).map(lambda text: text.encode() + b"\n"), max_size=30)


@given(QUOTED_LINES, st.integers(3, 40))
def test_quotes_are_closed_where_looking_ahead_from_each_line_says(lines: list[bytes], longest: int) -> None:
    """Against a model that looks ahead from every line anew, as far as the longest record reaches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "MAX_LINE", longest)
        found: list[tuple[int, int]] = []
        patch.setattr(rows.Rows, "_record", lambda _, line, record: found.append((line, len(record))))
        patch.setattr(rows.Rows, "_rejected", lambda _, line, *rest: found.append((line, 0)))
        judge, batches = judging()
        tally = Tally(batches, Rejects(Path("nowhere")))
        reader = Rows(IntervalRows(judge, header_of(judge), tally), tally)
        assert list(reader.read(1, b"".join(lines))) == []
        assert list(reader.end(len(lines) + 1)) == []
    assert found == list(_records_by_looking_ahead(lines, longest))


def _records_by_looking_ahead(lines: list[bytes], longest: int) -> Iterator[tuple[int, int]]:
    """The line and size of every record; size 0 for one whose quote is never closed."""
    at = 0
    while at < len(lines):
        end, inside = at + 1, ends_in_quotes(lines[at])
        while inside and len(b"".join(lines[at:end])) <= longest and end < len(lines):
            inside = ends_in_quotes(lines[end], inside=True)
            end += 1
        if lines[at] in rows.BLANK:
            end = at + 1
        elif inside:
            yield at + 1, 0
            end = at + 1
        else:
            yield at + 1, len(b"".join(lines[at:end]))
        at = end


def test_a_file_of_more_than_a_million_bad_rows_is_refused_with_the_first_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert rejects.MAX_REJECTS == 1_000_000
    monkeypatch.setattr(rejects, "MAX_REJECTS", 1000)
    assert len(run(HEADER + line(kwh="x") * 1000).rejects) == 1000
    with pytest.raises(Refused, match=r"more than 1,000 rows are rejected \(the first, in line 2: kWh is not a finite"):
        run(HEADER + line(kwh="x") * 1001)


@pytest.mark.parametrize("blank", [b"\n", b"\r\n"])
def test_a_file_of_millions_of_blank_lines_is_refused(blank: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "BLOCK", 4096)
    monkeypatch.setattr(staging, "MAX_BLANK", 10_000)
    assert run(HEADER + line() + blank * 9_000 + line("2026-01-01T00:30:00Z")).staged.accepted == 2
    with pytest.raises(Refused, match="more than 10,000 lines of the file are blank"):
        run(HEADER + line() + blank * 20_000)


def test_more_than_there_is_time_for_row_by_row_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "BLOCK", 4096)
    monkeypatch.setattr(staging, "MAX_IN_DAYS", 50_000)
    header = b"point,date,version," + b",".join(b"hh%02d" % n for n in range(1, 49)) + b"\n"
    row = f"{MPAN},2026-01-15,1{',1' * 48}\n".encode()
    assert run(header + row * 300).staged.accepted == 300
    with pytest.raises(Refused, match="must be read row by row; send the file in parts"):
        run(header + row * 500)


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(1)", "\tx", "\uff1dx"])
def test_a_rejected_value_is_no_formula_to_whoever_opens_the_list(value: str) -> None:
    ((_, column, shown, _),) = run(HEADER + line(kwh=f"{value}x")).rejects
    assert (column, shown) == ("kwh", f"'{value}x")
    ((_, _, shown, _),) = run(HEADER + line(kwh=f"a{value}")).rejects
    assert shown == (f"a{value}" if value != "\tx" else "a\tx")
    ((_, _, shown, _),) = run(HEADER + line(kwh=f"a;{value}x")).rejects
    assert shown == f"a;'{value}x"


def test_a_record_over_several_lines_and_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "BLOCK", 100)
    remark = b'"' + b"a long remark\n" * 20 + b'"'
    outcome = run(
        b"point,start,version,kwh,remark\n"
        + line()[:-1]
        + b","
        + remark
        + b"\n"
        + line("2026-01-01T00:30:00Z")[:-1]
        + b",x\n"
    )
    assert [row[4] for row in outcome.rows] == [2, 23]
    assert outcome.rejects == []


def test_a_line_of_many_megabytes_is_one_reject(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "BLOCK", 256 * 1024)
    outcome = run(HEADER + line() + b"x" * 5_000_000 + b"\n" + line("2026-01-01T00:30:00Z") + b"y" * 3_000_000)
    assert [row[4] for row in outcome.rows] == [2, 4]
    assert [(r[0], r[3]) for r in outcome.rejects] == [
        (3, "the line is longer than 65536 bytes"),
        (5, "the line is longer than 65536 bytes"),
    ]


@pytest.mark.parametrize("long", [70_000, 500_000])
def test_a_line_longer_than_a_block_closes_no_quote(monkeypatch: pytest.MonkeyPatch, long: int) -> None:
    """What is open when it comes stays open; the good rows behind it land, each with its line."""
    monkeypatch.setattr(source, "BLOCK", 256 * 1024)
    outcome = run(
        HEADER
        + line()
        + b'"open\n'
        + b"x" * long
        + b"\n"
        + line("2026-01-01T00:30:00Z")
        + line("2026-01-01T01:00:00Z")
        + b'"\n'
    )
    assert [row[4] for row in outcome.rows] == [2, 5, 6]
    assert [(r[0], r[3]) for r in outcome.rejects] == [
        (3, "a quote is opened and never closed"),
        (4, "the line is longer than 65536 bytes"),
        (7, "a quote is opened and never closed"),
    ]


def test_a_quote_here_and_there_leaves_most_of_a_file_to_the_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some record lengths around each, of a file that is ten times as long."""
    monkeypatch.setattr(staging, "MAX_ROW_BY_ROW", 2 * 4 * source.MAX_LINE)
    flaw = b'1012345678903,2026-01-01T00:30:00Z,1,"5\n'
    outcome = run(HEADER + line() * 60_000 + flaw + line() * 60_000 + flaw + line() * 10)
    assert [(r[0], r[3]) for r in outcome.rejects] == [
        (60_002, "a quote is opened and never closed"),
        (120_003, "a quote is opened and never closed"),
    ]
    assert outcome.staged.accepted == 120_010


def test_lines_at_the_limit() -> None:
    fits = line()[:-1] + b"," + b"x" * (source.MAX_LINE - len(line()) - 1) + b"\n"
    assert len(fits) == source.MAX_LINE
    outcome = run(b"point,start,version,kwh,remark\n" + fits + b"x" + fits)
    assert [row[4] for row in outcome.rows] == [2]
    assert [r[0] for r in outcome.rejects] == [3]


@pytest.mark.parametrize("many", [100_000])
def test_values_of_every_length_stay_exact_in_bulk(many: int) -> None:
    rng = random.Random(1)
    values = [
        f"{rng.randrange(10 ** rng.randrange(1, 10))}.{rng.randrange(10 ** rng.randrange(1, 10))}" for _ in range(many)
    ]
    from datetime import datetime, timedelta

    first = datetime.fromisoformat("2000-01-01T00:00:00+00:00")
    rows = b"".join(line((first + timedelta(minutes=30 * n)).isoformat(), value) for n, value in enumerate(values))
    outcome = run(HEADER + rows)
    from decimal import Decimal

    assert decimals(outcome) == [Decimal(value) for value in values]
    assert outcome.staged.unique


@pytest.mark.parametrize("order", ["vps", "pvs", "psv", "spv", "svp", "vsp"])
def test_a_file_sorted_in_any_way_is_known_to_be_unique(order: str) -> None:
    keys = [(p, s, v) for p in range(3) for s in range(5) for v in range(1, 4)]
    keys.sort(key=lambda key: [key["psv".index(letter)] for letter in order])
    rows = b"".join(line(f"2026-01-01T0{s}:00:00Z", "1", str(v), mpan(p)) for p, s, v in keys)
    assert run(HEADER + rows).staged.unique
    assert not run(HEADER + rows + rows[:50].partition(b"\n")[0] + b"\n").staged.unique


def test_more_points_than_are_watched_are_merged_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.energy.ingest.batches.MAX_SERIES", 5)
    rows = [line(point=mpan(number)) for number in range(20)]
    assert run(HEADER + b"".join(rows[:5])).staged.unique
    outcome = run(HEADER + b"".join(rows))
    assert (outcome.staged.readings, outcome.staged.unique) == (20, False)


def test_a_wide_file_with_every_kind_of_flaw() -> None:
    header = "point,date,version," + ",".join(f"hh{n:02}" for n in range(1, 49)) + "\n"
    good = ["1"] * 48
    bad_cell = [*good[:6], "x", *good[7:]]
    rows = [
        [MPAN, "2026-01-15", "1", *good],
        ["1", "2026-01-15", "1", *good],
        [MPAN, "2026-02-30", "1", *good],
        [MPAN, "2026-01-15", "0", *good],
        [MPAN, "2026-01-15", "1", *bad_cell],
        [MPAN, "2026-01-15", "1", *good, "1"],
    ]
    outcome = run((header + "".join(",".join(row) + "\n" for row in rows)).encode())
    assert len(outcome.rows) == 48
    assert sorted((r[0], r[1]) for r in outcome.rejects) == [
        (3, "point"),
        (4, "date"),
        (5, "version"),
        (6, "hh07"),
        (7, ""),
    ]
