"""Files as suppliers and portals make them: recognised, asked about before they are sent, and each of an archive by itself."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests import asking
from tests.contract.system import System, assert_a_file
from tests.contract.test_http import assert_problem

MPAN, NMI = "1012345678903", "NMI0001234"
OCTOPUS = (
    "Consumption (kwh), Start, End\n"
    "0.100000, 2026-10-25T01:30:00+01:00, 2026-10-25T01:00:00+00:00\n"
    "0.250000, 2026-10-25T01:00:00+00:00, 2026-10-25T01:30:00+00:00\n"
)
NEM12 = (
    "100,NEM12,202601161135,MDA1,Ret1\n"
    f"200,{NMI},E1B1,1,E1,N1,METSER123,kWh,30,\n300,20260115,{'0.5,' * 48}A,,,20260116003000,\n"
    f"200,{NMI},E1B1,2,B1,N2,METSER123,kWh,30,\n300,20260115,{'0.25,' * 48}A,,,20260116003000,\n900\n"
)
BOOK = Path(__file__).with_name("readings.xlsx")
"""As Excel would save it: the point and the value are numbers."""
LONG = f"point,start,kwh\n{MPAN},2026-01-01T00:00:00Z,0.5\n"


def look(system: System, account: str, content: bytes, user: str = "podge", **said: Any) -> httpx.Response:
    body = {"name": "file.csv", "start": base64.b64encode(content).decode(), **said}
    return system.send("POST", f"/api/accounts/{account}/preview", user, json=body)


def packed(files: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return archive.getvalue()


def test_a_supplier_s_file_lands_when_it_is_said_whose_it_is_as_it_is_sent(system: System) -> None:
    name = f"{uuid4()}.csv"
    for said, status in ((None, "refused"), ({"point": MPAN}, "accepted")):
        body = {"name": name, "bytes": len(OCTOPUS), "source": said}
        signed = system.send("POST", "/api/accounts/Account17/uploads", "podge", json=body).json()
        asking.request(signed["method"], signed["url"], content=OCTOPUS.encode(), headers=signed["headers"])
        report = system.report("Account17", signed["key"])
        assert (report["status"], report["layout"], report["name"]) == (status, "octopus-csv", name)
        assert report["landed"] == (2 if said else 0)
    assert any("as was said with the file" in told for told in report["assumed"])


def test_what_is_said_of_a_file_must_be_right(system: System) -> None:
    for said in ({"point": "1012345678904"}, {"zone": "Europe/Nowhere"}, {"kind": "free"}):
        body = {"name": "a.csv", "bytes": 1, "source": said}
        assert_problem(system.send("POST", "/api/accounts/Account17/uploads", "podge", json=body), 422)


def test_nem12_lands_by_the_clock_of_its_market_and_each_channel_apart(system: System, account: str) -> None:
    report = system.ingest(account, "NEM12#1#MDA1#RET1.csv", NEM12)
    assert (report["layout"], report["rows"], report["landed"]) == ("nem12", 2, 96)
    taken = system.readings(account, point=NMI)
    assert (taken["start"][0], taken["value"][0], len(taken["value"])) == ("2026-01-14T14:00:00Z", 0.5, 48)
    assert system.readings(account, point=NMI, channel="export")["value"] == [0.25] * 48


def test_each_file_of_an_archive_is_one_of_its_own_in_the_report(system: System, account: str) -> None:
    content = packed({"nem.csv": NEM12.encode(), "notes.pdf": b"%PDF-1.7", "in/long.csv": LONG.encode()})
    report = system.ingest(account, "readings.zip", content)
    assert (report["status"], report["layout"], report["rows"], report["landed"]) == ("accepted", "nem12, long", 3, 97)
    told = [(file["name"], file["status"], file["landed"]) for file in report["files"]]
    assert told == [("nem.csv", "accepted", 96), ("notes.pdf", "refused", 0), ("in/long.csv", "accepted", 1)]
    assert "a PDF" in report["reason"]
    assert report["rows"] == report["accepted"] + report["rejected"] + report["blank"]


def test_rejected_rows_of_an_archive_say_of_which_file_they_are(system: System, account: str) -> None:
    bad = LONG + f"{MPAN},never,1\n"
    report = system.ingest(account, "two.zip", packed({"a.csv": bad.encode(), "b.csv": bad.encode()}))
    assert (report["accepted"], report["rejected"]) == (2, 2)
    signed = system.get(f"/api/accounts/{account}/ingestions/{report['id']}/rejects", "rita").json()
    listed = asking.request(signed["method"], signed["url"], headers=signed["headers"])
    assert_a_file(listed, "two-rejected.csv", "text/csv; charset=utf-8")
    assert [line.split(",")[:3] for line in listed.text.splitlines()] == [
        ["file", "line", "column"],
        ["a.csv", "3", "start"],
        ["b.csv", "3", "start"],
    ]


def test_a_workbook_lands_as_its_sheet_does(system: System, account: str) -> None:
    report = system.ingest(account, "book.xlsx", BOOK.read_bytes())
    assert (report["status"], report["landed"]) == ("accepted", 1)
    assert [(file["name"], file["layout"]) for file in report["files"]] == [("Readings", "long")]


def test_utf_16_semicolons_and_decimal_commas_land(system: System, account: str) -> None:
    text = f"point;start;kwh\r\n{MPAN};2026-01-01T00:00:00Z;0,5\r\n{MPAN};2026-01-01T00:30:00Z;1,25\r\n"
    report = system.ingest(account, "excel.txt", text.encode("utf-16"))
    assert (report["rejected"], report["landed"]) == (0, 2)
    assert system.readings(account, point=MPAN)["value"] == [0.5, 1.25]


def test_a_look_at_a_file_says_what_it_lacks_and_then_how_it_would_land(system: System) -> None:
    lacking = look(system, "Account17", OCTOPUS.encode()).json()
    assert (lacking["layout"], lacking["readings"]) == ("octopus-csv", [])
    assert [lack["field"] for lack in lacking["lacking"]] == ["point"]
    found = look(system, "Account17", OCTOPUS.encode(), source={"point": MPAN}).json()
    assert (found["refused"], found["lacking"]) == (None, [])
    assert [(one["start"], one["value"]) for one in found["readings"]] == [
        ("2026-10-25T00:30:00Z", "0.1"),
        ("2026-10-25T01:00:00Z", "0.25"),
    ]


def test_a_look_at_a_file_stores_nothing_and_needs_no_account_yet(system: System, account: str) -> None:
    found = look(system, account, NEM12.encode(), "rita", whole=True)
    assert found.json()["layout"] == "nem12"
    assert len(found.json()["readings"]) == 20
    assert system.get(f"/api/accounts/{account}/points", "rita").status_code == 404


def test_the_first_64_kib_show_what_a_file_is_packed_or_not(system: System) -> None:
    rows = [f"{MPAN},2026-01-{1 + n // 48:02}T{n % 48 // 2:02}:{n % 2 * 30:02}:00Z,0.{n % 7}\n" for n in range(1440)]
    long = ("point,start,kwh\n" + "".join(rows)).encode()
    for content in (long, packed({"long.csv": long})):
        found = look(system, "Account17", content[: 20 * 1024 if content is long else len(content) // 2]).json()
        assert (found["layout"], found["refused"], len(found["readings"])) == ("long", None, 20)


def test_a_look_at_a_whole_archive_or_workbook_shows_the_first_file_in_it(system: System) -> None:
    page = b"<html>"
    for content, name, count in (
        (packed({"a.csv": LONG.encode()}), "a.csv", 1),
        (packed({"a.csv": LONG.encode(), "b.html": page}), "a.csv", 1),
        (packed({"b.html": page, "a.csv": LONG.encode()}), "b.html", 0),
        (BOOK.read_bytes(), "Readings", 1),
    ):
        answer = look(system, "Account17", content, whole=True)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert (found["name"], len(found["readings"])) == (name, count)
        assert (found["refused"] is None) == (count > 0)


def test_a_look_needs_the_grant_to_upload(system: System) -> None:
    assert_problem(look(system, "Account17", b"x", "luciano"), 403)


def test_a_look_at_what_is_no_base64_is_told_so(system: System) -> None:
    body = json.dumps({"name": "a.csv", "start": "*"}).encode()
    headers = {"Content-Type": "application/json"}
    path = "/api/accounts/Account17/preview"
    assert_problem(system.send("POST", path, "podge", content=body, headers=headers), 422)
