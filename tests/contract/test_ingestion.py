"""Ingestion: formats, rejects, reports, duplicates, re-sends and disorder."""

from __future__ import annotations

import csv
import gzip
import io
import re
import time
from hashlib import sha256

import pytest

from tests import asking
from tests.contract.system import System, assert_a_file

MPAN, NMI = "1012345678903", "NEM1203045"
HEADER = "point,start,version,kwh\n"


def row(start: str, kwh: str, version: int | str = 1, point: str = MPAN) -> str:
    return f"{point},{start},{version},{kwh}\n"


def named(value: object) -> str:
    """Part of a case's name: text as it is, content as what it is."""
    return value if isinstance(value, str) else "content"


TWO = HEADER + row("2026-01-01T00:00:00Z", "0.5") + row("2026-01-01T00:30:00Z", "0.25")
ZONES = HEADER + row("2026-01-01T01:00:00+01:00", "0.5") + row("2025-12-31T19:30:00-0500", "0.25")


def wide(days: dict[str, int], half_hours: int = 48) -> str:
    lines = ["point,date,version," + ",".join(f"hh{number:02}" for number in range(1, half_hours + 1))]
    for day, filled in days.items():
        lines.append(f"{MPAN},{day},1," + ",".join(["1.5"] * filled + [""] * (half_hours - filled)))
    return "\n".join(lines) + "\n"


def test_a_long_file_lands_and_is_reported(system: System, account: str) -> None:
    report = system.ingest(account, "two.csv", TWO)
    assert report | {"id": "", "created": "", "duration_ms": 0} == {
        "id": "",
        "key": f"incoming/{account}/two.csv",
        "name": "two.csv",
        "outcome": "accepted",
        "verdict": "All 2 rows were accepted; all 2 readings landed.",
        "status": "accepted",
        "reason": None,
        "layout": "long",
        "rows": 2,
        "accepted": 2,
        "rejected": 0,
        "blank": 0,
        "readings": 2,
        "gaps": 0,
        "landed": 2,
        "duplicates": 0,
        "conflicts": 0,
        "replaced": 0,
        "first_conflicts": [],
        "assumed": [],
        "series": [
            {
                "point": MPAN,
                "channel": "import",
                "first": "2026-01-01T00:00:00Z",
                "last": "2026-01-01T00:30:00Z",
                "count": 2,
                "sum": "0.75",
            }
        ],
        "series_left_out": 0,
        "ignored_columns": [],
        "first_rejects": [],
        "rejects_key": None,
        "table_version": 1,
        "files": [],
        "bytes": len(TWO),
        "sha256": sha256(TWO.encode()).hexdigest(),
        "created": "",
        "duration_ms": 0,
    }
    assert system.get(f"/api/accounts/{account}/ingestions/{report['id']}", "rita").json() == report
    assert system.readings(account, point=MPAN)["value"] == [0.5, 0.25]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("crlf.csv", TWO.replace("\n", "\r\n").encode()),
        ("bom.csv", b"\xef\xbb\xbf" + TWO.encode()),
        ("no-final-line-feed.csv", TWO.rstrip("\n").encode()),
        ("blank-lines.csv", TWO.replace("\n", "\n\n").encode()),
        ("quoted.csv", re.sub(r"([^,\n]+)", r'"\1"', TWO).encode()),
        ("order.csv", "\n".join(",".join(line.split(",")[::-1]) for line in TWO.splitlines()).encode()),
        ("case.csv", TWO.replace("point,start", "Point, START ").encode()),
        ("zones.csv", ZONES.encode()),
        ("packed.csv.gz", gzip.compress(TWO.encode())),
        ("not-packed.csv.gz", TWO.encode()),
        ("packed.csv", gzip.compress(TWO.encode())),
        ("two-members.csv.gz", gzip.compress(TWO[:40].encode()) + gzip.compress(TWO[40:].encode())),
    ],
    ids=named,
)  # fmt: skip
def test_the_same_readings_in_other_clothes(system: System, account: str, name: str, content: bytes) -> None:
    report = system.ingest(account, name, content)
    assert (report["rows"] - report["blank"], report["accepted"]) == (2, 2)
    found = system.readings(account, point=MPAN)
    assert (found["start"], found["value"]) == (["2026-01-01T00:00:00Z", "2026-01-01T00:30:00Z"], [0.5, 0.25])


def test_extra_columns_are_ignored_and_named(system: System, account: str) -> None:
    content = 'remark,point,start,version,kwh,site\n"two\nlines",1012345678903,2026-01-01T00:00:00Z,1,1,"a ""b"""\n'
    report = system.ingest(account, "extra.csv", content)
    assert (report["accepted"], report["ignored_columns"]) == (1, ["remark", "site"])


@pytest.mark.parametrize(
    ("bad", "column"),
    [
        (row("2026-01-01T00:00:00Z", "1", point="123"), "point"),
        (row("2026-01-01T00:00:00Z", "1", point=""), "point"),
        (row("2026-01-01T00:00:00Z", "1", point="1012345678093"), "point"),
        (row("2026-01-01T00:10:00Z", "1"), "start"),
        (row("2026-01-01T00:00:00", "1"), "start"),
        (row("2026-02-30T00:00:00Z", "1"), "start"),
        (row("yesterday", "1"), "start"),
        (row("2026-01-01T00:00:00Z", "1", version=0), "version"),
        (row("2026-01-01T00:00:00Z", "1", version=25), "version"),
        (row("2026-01-01T00:00:00Z", "1", version="1.5"), "version"),
        (row("2026-01-01T00:00:00Z", "inf"), "kwh"),
        (row("2026-01-01T00:00:00Z", "0x10"), "kwh"),
        (row("2026-01-01T00:00:00Z", "1_000"), "kwh"),
        (row("2026-01-01T00:00:00Z", "0.0000000001"), "kwh"),
        (row("2026-01-01T00:00:00Z", "1000000000"), "kwh"),
        ("1012345678903,2026-01-01T00:00:00Z,1\n", None),
        ("1012345678903,2026-01-01T00:00:00Z,1,1,1\n", None),
        ('1012345678903,2026-01-01T00:00:00Z,1,"1\n', None),
        ("hello\n", None),
        ("x" * 70_000 + "\n", None),
    ],
    ids=lambda value: str(value)[:60] if value else "row",
)
def test_a_bad_row_is_rejected_and_the_good_ones_land(
    system: System, account: str, bad: str, column: str | None
) -> None:
    content = HEADER + row("2026-01-01T00:00:00Z", "0.5") + bad + row("2026-01-01T00:30:00Z", "0.25")
    report = system.ingest(account, "bad.csv", content)
    assert (report["rows"], report["accepted"], report["rejected"]) == (3, 2, 1)
    reject = report["first_rejects"][0]
    assert (reject["line"], reject["column"]) == (3, column)
    assert reject["reason"]
    assert system.readings(account, point=MPAN)["value"] == [0.5, 0.25]


def test_all_rejected_rows_can_be_fetched(system: System, account: str) -> None:
    content = HEADER + "".join(row("2026-01-01T00:00:00Z", f"bad{number}") for number in range(500))
    report = system.ingest(account, "many.csv", content)
    assert (report["rejected"], len(report["first_rejects"])) == (500, 20)
    path = f"/api/accounts/{account}/ingestions/{report['id']}/rejects"
    signed = system.get(path, "rita").json()
    file = asking.request(signed["method"], signed["url"], headers=signed["headers"])
    assert_a_file(file, "many-rejected.csv", "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(file.text)))
    assert [(r["line"], r["value"]) for r in rows] == [(str(n + 2), f"bad{n}") for n in range(500)]


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("2026-01 (1).csv", "2026-01 (1)-rejected.csv"),
        ("readings.csv.gz", "readings-rejected.csv"),
        ("Zähler-März, 1.csv", "Zähler-März, 1-rejected.csv"),
        ("漢字", "漢字-rejected.csv"),
        ('say "a;b" 100%.txt', 'say "a;b" 100%-rejected.csv'),
    ],
    ids=["spaces", "packed", "umlauts and a comma", "no letter of ours", "quotes"],
)
def test_rejected_rows_are_downloaded_as_a_file_called_by_what_was_sent(system: System, name: str, called: str) -> None:
    content = (HEADER + row("2026-01-01T00:00:00Z", "bad")).encode()
    report = system.upload("Account17", name, content)
    signed = system.get(f"/api/accounts/Account17/ingestions/{report['id']}/rejects", "rita").json()
    file = asking.request(signed["method"], signed["url"], headers=signed["headers"])
    assert_a_file(file, called, "text/csv; charset=utf-8")
    assert file.text.startswith("line,column,value,reason")


def test_the_verdict_says_what_became_of_a_file_in_words(system: System, account: str) -> None:
    content = HEADER + row("2026-01-01T00:00:00Z", "0.5") + row("2026-01-01T00:30:00Z", "bad")
    partly = system.ingest(account, "partly.csv", content)
    assert (partly["outcome"], partly["verdict"]) == (
        "partly",
        "1 of 2 rows was accepted, 1 rejected; its reading landed.",
    )
    refused = system.ingest(account, "refused.csv", "a,b\n1,2\n")
    assert refused["outcome"] == "refused"
    assert refused["verdict"].startswith("Refused, nothing of it was used: ")
    accepted = system.ingest(account, "accepted.csv", TWO)
    assert (accepted["outcome"], accepted["verdict"]) == (
        "accepted",
        "All 2 rows were accepted; 1 of 2 readings landed, 1 said what was said already.",
    )


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.csv", b"", "empty"),
        ("binary.csv", bytes(range(254, 0, -1)) * 10, "UTF-8"),
        ("no-header.csv", row("2026-01-01T00:00:00Z", "1").encode(), "no usable header"),
        ("wrong-header.csv", b"a,b,c\n1,2,3\n", "no usable header"),
        ("twice.csv", b"point,start,version,kwh,kwh\n", "2 times"),
        ("wide-gap.csv", b"point,date,version,hh01,hh02,hh04\n", "lacks hh03"),
        ("long-header.csv", b"x" * 100_000, "longer than"),
        ("truncated.csv.gz", gzip.compress(TWO.encode() * 100)[:-20], "truncated"),
        ("damaged.csv.gz", gzip.compress(TWO.encode())[:20] + b"XXXX" + gzip.compress(TWO.encode())[24:], "damaged"),
        ("page.csv", b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        ("book.csv", b"PK\x03\x04....[Content_Types].xml", "cut off"),
        ("nem13.csv", b"100,NEM13,202601101030,MDA1,Ret1\n", "no intervals"),
        ("scan.csv", b"%PDF-1.7 ...", "a PDF"),
        ("empty.csv.gz", b"", "empty"),
        ("bomb.csv.gz", gzip.compress(TWO.encode() + bytes(100_000_000)), "times its size"),
    ],
    ids=named,
)
def test_a_file_that_cannot_be_used_is_refused_whole_with_a_report(
    system: System, account: str, name: str, content: bytes, reason: str
) -> None:
    system.ingest(account, "before.csv", TWO)
    report = system.ingest(account, name, content)
    assert report["status"] == "refused"
    assert reason in report["reason"]
    assert system.readings(account, point=MPAN)["value"] == [0.5, 0.25]


def test_the_first_file_of_an_account_may_be_refused_and_its_report_read(system: System, account: str) -> None:
    assert system.ingest(account, "empty.csv", b"")["status"] == "refused"
    assert system.get(f"/api/accounts/{account}/points", "rita").json() == {"points": []}


def test_a_header_alone_is_a_file_of_no_rows(system: System, account: str) -> None:
    report = system.ingest(account, "header.csv", HEADER)
    assert (report["status"], report["rows"]) == ("accepted", 0)


def test_a_wide_file_has_48_half_hours_a_day(system: System, account: str) -> None:
    report = system.ingest(account, "wide.csv", wide({"2026-01-15": 48}))
    assert (report["layout"], report["rows"], report["readings"]) == ("wide", 1, 48)
    found = system.readings(account, point=MPAN)
    assert (found["start"][0], found["start"][-1]) == ("2026-01-15T00:00:00Z", "2026-01-15T23:30:00Z")


def test_the_spring_day_has_46_half_hours(system: System, account: str) -> None:
    report = system.ingest(account, "spring.csv", wide({"2026-03-29": 46, "2026-03-30": 48}))
    assert (report["accepted"], report["readings"]) == (2, 94)
    found = system.readings(account, point=MPAN)["start"]
    assert (found[0], found[45], found[46]) == ("2026-03-29T00:00:00Z", "2026-03-29T22:30:00Z", "2026-03-29T23:00:00Z")
    full = system.ingest(account, "spring-full.csv", wide({"2026-03-29": 48}))
    assert (full["rejected"], full["first_rejects"][0]["column"]) == (1, "hh47")


def test_the_autumn_day_has_50_half_hours(system: System, account: str) -> None:
    report = system.ingest(account, "autumn.csv", wide({"2026-10-24": 48, "2026-10-25": 50}, 50))
    assert (report["accepted"], report["readings"]) == (2, 98)
    assert system.readings(account, point=MPAN)["start"][-1] == "2026-10-25T23:30:00Z"
    short = system.ingest(account, "autumn-48.csv", wide({"2026-10-25": 48}))
    assert (short["rejected"], short["first_rejects"][0]["column"]) == (1, "date")


def test_a_gap_costs_its_half_hour_and_not_the_day(system: System, account: str) -> None:
    content = wide({"2026-01-15": 47, "2026-01-16": 48})
    report = system.ingest(account, "gap.csv", content)
    counted = ("rows", "accepted", "rejected", "readings", "gaps", "landed")
    assert [report[name] for name in counted] == [2, 2, 0, 95, 1, 95]


def test_both_formats_of_a_day_are_the_same_readings(system: System, account: str) -> None:
    system.ingest(account, "wide.csv", wide({"2026-06-15": 48}))
    before = system.get(f"/api/accounts/{account}/points", "rita").json()
    long = HEADER + "".join(row(f"2026-06-14T23:{minute}:00Z", "1.5") for minute in ("00", "30"))
    assert system.ingest(account, "long.csv", long)["accepted"] == 2
    assert system.get(f"/api/accounts/{account}/points", "rita").json() == before


def test_a_point_may_be_an_nmi(system: System, account: str) -> None:
    system.ingest(account, "nmi.csv", HEADER + row("2026-01-01T00:00:00Z", "1", point=NMI))
    assert system.readings(account, point=NMI)["value"] == [1]


def test_the_same_reading_in_a_later_file_wins(system: System, account: str) -> None:
    system.ingest(account, "a.csv", TWO)
    system.ingest(account, "b.csv", HEADER + row("2026-01-01T00:30:00Z", "9"))
    assert system.readings(account, point=MPAN)["value"] == [0.5, 9]
    points = system.get(f"/api/accounts/{account}/points", "rita").json()["points"]
    assert points[0]["rows"] == 2


def test_the_same_reading_twice_in_a_file_the_later_line_wins(system: System, account: str) -> None:
    report = system.ingest(account, "twice.csv", TWO + row("2026-01-01T00:00:00Z", "7"))
    assert (report["rows"], report["accepted"]) == (3, 3)
    assert system.readings(account, point=MPAN)["value"] == [7, 0.25]


def test_a_file_replaced_by_another_is_ingested_again(system: System, account: str) -> None:
    first = system.ingest(account, "same-name.csv", TWO)
    time.sleep(1.1)  # the clouds date objects to the second
    system.harness.drop(f"incoming/{account}/same-name.csv", (HEADER + row("2026-01-01T00:00:00Z", "3")).encode())
    second = system.report(account, first["key"], other_than=first["id"])
    assert second["rows"] == 1
    assert system.readings(account, point=MPAN)["value"][0] == 3


def test_many_files_of_one_account_at_once_all_land(system: System, account: str) -> None:
    for day in range(1, 21):
        content = HEADER + "".join(
            row(f"2026-01-{day:02}T{n // 2:02}:{n % 2 * 30:02}:00Z", f"{day}.{n:02}") for n in range(24)
        )
        system.harness.drop(f"incoming/{account}/day-{day:02}.csv", content.encode())
    for day in range(1, 21):
        system.report(account, f"incoming/{account}/day-{day:02}.csv")
    assert len(system.readings(account, point=MPAN)["value"]) == 20 * 24


def test_ingestions_are_listed_newest_first_page_by_page(system: System, account: str) -> None:
    for number in range(3):
        system.ingest(account, f"{number}.csv", TWO)
        time.sleep(1.1)  # the clouds date objects to the second
    page = system.get(f"/api/accounts/{account}/ingestions", "rita", limit=2).json()
    rest = system.get(f"/api/accounts/{account}/ingestions", "rita", limit=2, cursor=page["next"]).json()
    keys = [report["key"].rpartition("/")[2] for report in page["ingestions"] + rest["ingestions"]]
    assert keys == ["2.csv", "1.csv", "0.csv"]
    assert rest["next"] is None


def test_a_file_in_a_folder_of_the_account_is_ingested(system: System, account: str) -> None:
    assert system.ingest(account, "2026/01/two.csv", TWO)["accepted"] == 2
