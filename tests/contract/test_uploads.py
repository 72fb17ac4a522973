"""Direct uploads with signed URLs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import uuid4

import httpx
import pytest

from core.energy.accounts import accounts
from core.kernel.documents import Documents
from tests import asking
from tests.contract.system import System
from tests.contract.test_http import assert_problem
from tools.waiting import eventually

PATH = "/api/accounts/Account17/uploads"
CONTENT = b"point,start,version,kwh\n1012345678903,2024-01-01T00:00:00Z,1,0.5\n"


def ask(system: System, size: int = len(CONTENT), name: str | None = None) -> dict[str, Any]:
    reply = system.send("POST", PATH, "podge", json={"name": name or f"{uuid4()}.csv", "bytes": size})
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


def put(signed: dict[str, Any], content: bytes = CONTENT, **changes: Any) -> httpx.Response:
    request = {"method": signed["method"], "url": signed["url"], "headers": signed["headers"], **changes}
    return asking.request(request["method"], request["url"], content=content, headers=request["headers"])


def test_an_uploaded_file_is_ingested(system: System) -> None:
    signed = ask(system)
    assert signed["key"].startswith("incoming/Account17/")
    assert put(signed).is_success
    assert system.report("Account17", signed["key"])["accepted"] == 1


def test_what_is_sent_after_its_account_was_deleted_makes_none(system: System, account: str) -> None:
    path, body = f"/api/accounts/{account}", {"name": "late.csv", "bytes": len(CONTENT)}
    signed = system.send("POST", f"{path}/uploads", "rita", json=body).json()
    assert system.send("DELETE", path, "luciano").status_code == 202
    documents = Documents(system.harness.store)
    eventually("the deletion", lambda: documents.get(accounts.path(account)) is None)
    assert put(signed).is_success
    assert system.logged(key=signed["key"], message="sent to an account that is deleted; the file is erased")
    assert system.get(f"{path}/points", "rita").status_code == 404


def test_a_signed_url_is_good_once(system: System, differing: Callable[[str, Any], Any]) -> None:
    signed = ask(system)
    assert put(signed).is_success
    assert put(signed, b"x" * len(CONTENT)).status_code == differing("a second upload with one signed URL", 412)


@pytest.mark.parametrize(
    "name",
    ["consumption (1).csv", "NEM12#1#MDA1#RET1.csv", "Zähler-März.csv", "ü" * 196 + ".csv", "a&b=c?.csv", ".hidden"],
    ids=["a second download", "hashes", "umlauts", "200 characters", "what URLs mean something by", "a leading dot"],
)
def test_a_name_that_people_s_computers_make_is_taken_and_told_as_given(system: System, name: str) -> None:
    signed = ask(system, name=name)
    assert put(signed).is_success
    report = system.report("Account17", signed["key"])
    assert (report["accepted"], report["name"]) == (1, name)


def test_the_same_name_again_is_a_file_of_its_own(system: System) -> None:
    name = f"{uuid4()}.csv"
    first, second = ask(system, name=name), ask(system, name=name)
    assert put(second).is_success
    assert put(first).is_success
    reports = [system.report("Account17", signed["key"]) for signed in (first, second)]
    assert [(report["name"], report["accepted"]) for report in reports] == [(name, 1), (name, 1)]
    assert [report["id"] for report in reports] == [first["ingestion"], second["ingestion"]]


def test_the_same_name_with_other_content_has_a_report_of_its_own_and_both_stay_listed(
    system: System, account: str
) -> None:
    first = system.upload(account, "january.csv", CONTENT)
    second = system.upload(account, "january.csv", CONTENT.replace(b"0.5", b"0.75"))
    assert first["id"] != second["id"]
    assert (first["sha256"] != second["sha256"], second["landed"], second["replaced"]) == (True, 1, 1)
    assert second["verdict"] == "The one row was accepted; its reading landed (1 in the place of another value)."
    listed = system.get(f"/api/accounts/{account}/ingestions", "rita").json()["ingestions"]
    assert [(one["id"], one["name"]) for one in listed] == [
        (second["id"], "january.csv"),
        (first["id"], "january.csv"),
    ]
    assert system.get(f"/api/accounts/{account}/ingestions/{first['id']}", "rita").json() == first


def test_the_same_name_with_the_same_content_says_that_it_changed_nothing(system: System, account: str) -> None:
    first, second = (system.upload(account, "january.csv", CONTENT) for _ in range(2))
    assert first["id"] != second["id"]
    assert (second["landed"], second["duplicates"], second["outcome"]) == (0, 1, "accepted")
    assert second["verdict"] == "The one row was accepted; nothing changed: 1 reading was there already."


def test_until_a_file_was_sent_and_read_its_report_is_not_there(system: System) -> None:
    signed = ask(system)
    path = f"/api/accounts/Account17/ingestions/{signed['ingestion']}"
    assert_problem(system.get(path, "rita"), 404)
    assert put(signed).is_success
    assert system.report("Account17", signed["key"])["id"] == signed["ingestion"]
    assert system.get(path, "rita").json()["key"] == signed["key"]


def test_an_upload_that_is_announced_twice_is_reported_once(system: System, account: str) -> None:
    report = system.upload(account, "twice.csv", CONTENT)
    system.harness.announce(report["key"])
    after = system.upload(account, "after.csv", CONTENT)
    listed = system.get(f"/api/accounts/{account}/ingestions", "rita").json()["ingestions"]
    assert [one["id"] for one in listed] == [after["id"], report["id"]]
    assert listed[1] == report


def test_another_object_in_the_place_of_an_upload_is_a_revision_with_a_report_of_its_own(
    system: System, account: str
) -> None:
    """Only who may write to the store can put it there."""
    report = system.upload(account, "changed.csv", CONTENT)
    system.harness.drop(report["key"], CONTENT.replace(b"00:00:00", b"00:30:00") + b"\n")
    second = system.report(account, report["key"], other_than=report["id"])
    assert (second["landed"], second["key"]) == (1, report["key"])
    assert system.get(f"/api/accounts/{account}/ingestions/{report['id']}", "rita").json() == report


@pytest.mark.parametrize("size", [-1, 1])
def test_a_body_of_another_size_leaves_no_object(
    system: System, differing: Callable[[str, Any], Any], size: int
) -> None:
    signed = ask(system, len(CONTENT) + size)
    refused = put(signed).status_code in (400, 403, 413)  # the store's own answer, not one of ours
    assert refused == differing("an upload of another size than announced is refused", True)
    if refused:
        assert put(signed, CONTENT.ljust(len(CONTENT) + size)[: len(CONTENT) + size]).is_success


def test_an_altered_url_is_refused(system: System) -> None:
    signed = ask(system)
    url = urlsplit(signed["url"])
    altered = [
        url._replace(path=url.path.replace("Account17", "Account18")),
        url._replace(path=url.path + "x"),
    ]
    given = parse_qsl(url.query)
    for number, (name, value) in enumerate(given):
        changed = [*given[:number], (name, f"{value[:-1]}{'0' if value[-1:] != '0' else '1'}"), *given[number + 1 :]]
        altered.append(url._replace(query=urlencode(changed)))
    for parts in altered:
        assert put(signed, url=urlunsplit(parts)).status_code in (400, 403), parts
    assert put(signed, method="DELETE").status_code in (403, 405)
    assert asking.request("GET", signed["url"]).status_code == 403


def test_an_upload_of_another_type_than_signed_is_refused(system: System, differing: Callable[[str, Any], Any]) -> None:
    signed = ask(system)
    reply = put(signed, headers={**signed["headers"], "Content-Type": "text/html"})
    assert (reply.status_code in (400, 403)) == differing("an upload of another type than signed is refused", True)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
def test_a_signed_url_works_with_plain_curl(system: System, tmp_path: Path) -> None:
    file = tmp_path / "readings.csv"
    file.write_bytes(CONTENT)
    signed = ask(system)
    headers = [part for name, value in signed["headers"].items() for part in ("--header", f"{name}: {value}")]
    command = ["curl", "--fail", "--silent", "--show-error", *headers, "--upload-file", str(file), signed["url"]]
    subprocess.run(command, check=True)
    assert system.report("Account17", signed["key"])["accepted"] == 1


def test_a_url_without_its_signature_is_refused(system: System) -> None:
    signed = ask(system)
    assert put(signed, url=urlunsplit(urlsplit(signed["url"])._replace(query=""))).status_code in (400, 403)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "../x.csv", "bytes": 1}, "name"),
        ({"name": "a/b.csv", "bytes": 1}, "name"),
        ({"name": "", "bytes": 1}, "name"),
        ({"name": "x" * 201, "bytes": 1}, "name"),
        ({"name": "x.csv\n", "bytes": 1}, "name"),
        ({"name": "x.csv", "bytes": -1}, "bytes"),
        ({"name": "x.csv", "bytes": 6 * 1024**3}, "bytes"),
        ({"name": "x.csv", "bytes": 1.5}, "bytes"),
        ({"name": "x.csv"}, "bytes"),
    ],
)
def test_an_upload_that_makes_no_sense_is_422(system: System, body: dict[str, Any], field: str) -> None:
    problem = assert_problem(system.send("POST", PATH, "podge", json=body), 422)
    assert problem["errors"][0]["field"] == field  # type: ignore[index]


def test_an_upload_larger_than_a_request_body_may_be(system: System) -> None:
    content = CONTENT + b"\n" * (3 * 1024 * 1024)
    signed = ask(system, len(content))
    assert put(signed, content).is_success
    assert system.report("Account17", signed["key"])["bytes"] == len(content)
