"""Background work: exports, deletion of accounts, upkeep of tables, and messages that are no jobs."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from arro3.io import read_parquet

from core.energy.accounts import accounts
from core.energy.functions import FUNCTIONS
from core.energy.readings.maintenance import COMPACT_AT
from core.kernel.clock import system_clock
from core.kernel.dead_letters import DeadLetters
from core.kernel.documents import Documents
from core.kernel.events import MAX_BYTES
from core.kernel.store import listing
from tests import asking
from tests.contract.system import System, assert_a_file
from tests.contract.test_events import entry, mend
from tests.contract.test_http import assert_problem
from tools.waiting import eventually

HEADER = "point,start,version,kwh\n"
FIRST, SECOND = "1012345678903", "2099887766555"
ROWS = [
    f"{FIRST},2026-01-01T00:00:00Z,1,0.5\n",
    f"{FIRST},2026-01-01T00:00:00Z,2,0.25\n",
    f"{FIRST},2026-01-01T00:30:00Z,1,10\n",
    f"{FIRST},2026-02-01T00:00:00Z,1,0\n",
    f"{SECOND},2026-01-01T00:00:00Z,24,123456.123456789\n",
    f"{SECOND},2026-01-31T23:30:00Z,1,-0.000000001\n",
]
EXPORTED_HEADER = "point,channel,start,minutes,version,value,unit,quality\n"
EXPORTED = ["{},import,{},30,{},{},kWh,actual\n".format(*line.strip().split(",")) for line in ROWS]
CONTENT = EXPORTED_HEADER + "".join(EXPORTED)


@pytest.fixture
def filled(system: System, account: str) -> str:
    """An account with `ROWS`, which arrived in another order."""
    assert system.ingest(account, "a.csv", HEADER + "".join(reversed(ROWS)))["accepted"] == len(ROWS)
    return account


@pytest.fixture
def letters(system: System) -> DeadLetters:
    return DeadLetters(Documents(system.harness.store), system_clock)


def exports(system: System, account: str, **wanted: Any) -> httpx.Response:
    return system.send("POST", f"/api/accounts/{account}/exports", "rita", json=wanted)


def fetch(export: dict[str, Any]) -> bytes:
    signed = export["download"]
    reply = asking.request(signed["method"], signed["url"], headers=signed["headers"])
    assert reply.status_code == 200, reply.text
    return reply.content


def keys(system: System, prefix: str) -> list[str]:
    return [meta["path"] for meta in listing(system.harness.store, prefix)]


def gone(system: System, account: str) -> None:
    """Wait until the account's deletion has ended: its document is the last that goes."""
    documents = Documents(system.harness.store)
    eventually("end of the deletion", lambda: documents.get(accounts.path(account)) is None)
    assert system.get(f"/api/accounts/{account}/points", "rita").status_code == 404


def buried(letters: DeadLetters, **event: Any) -> dict[str, Any]:
    def found() -> list[dict[str, Any]]:
        return [letter for letter in letters.every() if event.items() <= letter["event"].items()]

    return eventually(f"dead letter of {event}", found)[0]


def test_an_export_is_accepted_at_once_and_done_later(system: System, filled: str) -> None:
    reply = exports(system, filled, format="csv")
    assert reply.status_code == 202
    asked = reply.json()
    assert (asked["status"], asked["account"], asked["format"], asked["download"]) == ("queued", filled, "csv", None)
    assert reply.headers["Location"] == f"/api/accounts/{filled}/exports/{asked['id']}"
    done = system.ended(filled, asked["id"])
    assert (done["rows"], done["bytes"], done["error"]) == (len(ROWS), len(CONTENT), None)
    assert done["requested"] == asked["requested"] <= done["finished"]


def test_an_export_holds_every_version_in_order_and_to_the_last_digit(system: System, filled: str) -> None:
    assert fetch(system.export(filled, format="csv")).decode() == CONTENT


def test_csv_is_the_format_when_none_is_named(system: System, filled: str) -> None:
    assert fetch(system.export(filled)).decode() == CONTENT


def test_a_parquet_export_holds_the_same_readings(system: System, filled: str) -> None:
    table = read_parquet(io.BytesIO(fetch(system.export(filled, format="parquet")))).read_all()
    assert table.column_names == EXPORTED_HEADER.strip().split(",")
    rows = list(zip(*(table.column(n).to_pylist() for n in ("point", "start", "version", "value")), strict=True))
    given = [line.strip().split(",") for line in ROWS]
    assert rows == [(p, datetime.fromisoformat(start), int(version), Decimal(kwh)) for p, start, version, kwh in given]


@pytest.mark.parametrize(
    ("wanted", "days", "media_type"),
    [
        ({}, "", "text/csv; charset=utf-8"),
        ({"from": "2026-06-01", "to": "2026-07-01"}, "-2026-06-01-2026-06-30", "text/csv; charset=utf-8"),
        ({"from": "2026-06-01", "format": "parquet"}, "-from-2026-06-01", "application/vnd.apache.parquet"),
    ],
    ids=["of all days", "of a month", "from a day on"],
)
def test_an_export_is_downloaded_as_a_file_called_by_its_account_and_days(
    system: System, filled: str, wanted: dict[str, str], days: str, media_type: str
) -> None:
    export = system.export(filled, **wanted)
    signed = export["download"]
    reply = asking.request(signed["method"], signed["url"], headers=signed["headers"])
    assert_a_file(reply, f"{filled}-readings{days}.{export['format']}", media_type)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
def test_the_download_works_with_plain_curl(system: System, filled: str, tmp_path: Path) -> None:
    url = system.export(filled)["download"]["url"]
    command = ["curl", "--fail", "--silent", "--show-error", "--location", "--output", str(tmp_path / "e.csv"), url]
    subprocess.run(command, check=True)
    assert (tmp_path / "e.csv").read_text() == CONTENT


def test_an_altered_download_is_refused(system: System, filled: str) -> None:
    url = urlsplit(system.export(filled)["download"]["url"])
    *query, (last, signature) = parse_qsl(url.query)
    other = ("1" if signature[0] == "0" else "0") + signature[1:]
    for altered in (
        url._replace(path=url.path + "x"),
        url._replace(query=urlencode([*query, (last, other)])),
    ):
        assert asking.request("GET", altered.geturl()).status_code in (400, 403), altered
    assert asking.request("PUT", url.geturl(), content=b"x").status_code in (400, 403, 405)


@pytest.mark.parametrize(
    ("period", "kept"),
    [
        ({"from": "2026-01-01T00:30:00Z"}, [2, 3, 5]),
        ({"to": "2026-01-01T00:30:00Z"}, [0, 1, 4]),
        ({"from": "2026-01-31", "to": "2026-02-01"}, [5]),
        ({"from": "2026-02-01T01:00:00+01:00", "to": "2026-02-01T00:30:00Z"}, [3]),
    ],
    ids=["from on", "up to", "a day", "with zones"],
)
def test_an_export_is_of_a_period(system: System, filled: str, period: dict[str, str], kept: list[int]) -> None:
    export = system.export(filled, **period)
    assert fetch(export).decode() == EXPORTED_HEADER + "".join(EXPORTED[number] for number in kept)
    assert export["rows"] == len(kept)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_export_of_an_empty_period_has_no_rows(system: System, filled: str, form: str) -> None:
    export = system.export(filled, format=form, **{"from": "2030-01-01", "to": "2030-01-02"})
    assert (export["status"], export["rows"]) == ("done", 0)
    content = fetch(export)
    assert (
        content == EXPORTED_HEADER.encode()
        if form == "csv"
        else read_parquet(io.BytesIO(content)).read_all().num_rows == 0
    )


def test_an_export_of_an_account_that_never_had_a_reading_is_empty(system: System, account: str) -> None:
    system.ingest(account, "empty.csv", HEADER)
    assert fetch(system.export(account)).decode() == EXPORTED_HEADER


def test_an_exported_file_can_be_ingested_again(system: System, filled: str, account: str) -> None:
    content = fetch(system.export(filled))
    assert system.ingest(f"{account}-copy", "again.csv", content)["accepted"] == len(ROWS)
    assert fetch(system.export(f"{account}-copy")) == content


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"format": "xlsx"}, "format"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-01-01T00:00:00"}, "from"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "to"),
        ({"from": "2026-01-01", "to": "2026-01-01"}, "to"),
        ({"from": 5}, "from"),
        ({"until": "2026-01-01"}, "until"),
    ],
)
def test_an_export_that_makes_no_sense_is_422(system: System, wanted: dict[str, Any], field: str) -> None:
    problem = assert_problem(exports(system, "Account17", **wanted), 422)
    assert problem["errors"][0]["field"] == field  # type: ignore[index]


@pytest.mark.parametrize("export", ["20260101T000000-000000000000", "x", "..%2Fx", "%00", "x" * 200])
def test_an_export_that_is_none_is_404(system: System, export: str) -> None:
    assert_problem(system.get(f"/api/accounts/Account17/exports/{export}", "rita"), 404)


def test_an_export_is_of_its_account_only(system: System, filled: str) -> None:
    export = system.export(filled)["id"]
    assert_problem(system.get(f"/api/accounts/Account17/exports/{export}", "rita"), 404)
    assert_problem(exports(system, "NoSuchAccount"), 404)


def test_a_message_delivered_again_exports_once(system: System, filled: str) -> None:
    export = system.export(filled)
    message = {"job": "export", "account": filled, "id": export["id"]}
    for _ in range(3):
        system.harness.send("jobs", json.dumps(message).encode())
    # The queue is in no order: what is asked for now is likely, not sure, to be done after those.
    system.export(filled)
    eventually(
        "three more deliveries", lambda: len(system.logged(message="nothing to export", export=export["id"])) >= 3
    )
    again = system.ended(filled, export["id"])
    assert {**again, "download": None} == {**export, "download": None}
    assert len([key for key in keys(system, f"exports/{filled}") if export["id"] in key]) == 2  # document and file


def test_a_message_for_an_export_that_is_gone_does_nothing(system: System, filled: str, letters: DeadLetters) -> None:
    system.harness.send("jobs", json.dumps({"job": "export", "account": filled, "id": "gone"}).encode())
    system.logged(message="nothing to export", export="gone")
    assert keys(system, f"exports/{filled}") == []


def test_a_deleted_account_is_gone_with_all_it_had(system: System, filled: str) -> None:
    system.send("PUT", f"/api/users/nora/grants/read/{filled}", "ada")
    system.export(filled)
    reply = system.send("DELETE", f"/api/accounts/{filled}", "luciano")
    assert (reply.status_code, reply.json()) == (202, {"account": filled, "status": "deleting"})
    gone(system, filled)
    for prefix in {place.partition("/")[0] for place in FUNCTIONS.owned}:
        assert keys(system, f"{prefix}/{filled}") == []
    assert system.get("/api/users/nora/grants", "ada").json()["grants"] == []


def test_deleting_an_account_leaves_others_of_a_similar_name_alone(system: System, filled: str) -> None:
    longer = f"{filled}0"
    system.ingest(longer, "a.csv", CONTENT)
    system.send("DELETE", f"/api/accounts/{filled}", "luciano")
    gone(system, filled)
    assert fetch(system.export(longer)).decode() == CONTENT


def test_an_account_is_deleted_once_and_a_later_one_of_its_name_stays(system: System, filled: str) -> None:
    identity = accounts.identity(Documents(system.harness.store), filled)
    system.send("DELETE", f"/api/accounts/{filled}", "luciano")
    gone(system, filled)
    assert_problem(system.send("DELETE", f"/api/accounts/{filled}", "luciano"), 404)
    assert system.ingest(filled, "new.csv", CONTENT)["accepted"] == len(ROWS)
    system.harness.send("jobs", json.dumps({"job": "delete-account", "account": filled, "identity": identity}).encode())
    system.logged(message="the account is gone already", account=filled)
    assert fetch(system.export(filled)).decode() == CONTENT


def test_an_export_of_an_account_deleted_meanwhile_leaves_nothing(system: System, filled: str) -> None:
    export = exports(system, filled).json()["id"]
    system.send("DELETE", f"/api/accounts/{filled}", "luciano")
    gone(system, filled)
    system.harness.send("jobs", json.dumps({"job": "export", "account": filled, "id": export}).encode())
    system.logged(message="nothing to export", export=export)
    assert keys(system, f"exports/{filled}") == []
    assert_problem(system.get(f"/api/accounts/{filled}/exports/{export}", "rita"), 404)


def test_deleting_an_account_that_is_none_is_404(system: System) -> None:
    assert_problem(system.send("DELETE", "/api/accounts/NoSuchAccount", "luciano"), 404)


def test_the_upkeep_of_a_table_changes_no_reading(system: System, account: str) -> None:
    from core.energy.readings.table import ReadingsTable

    for number in range(COMPACT_AT):
        system.ingest(account, f"{number}.csv", HEADER + f"{FIRST},2026-01-{number + 1:02}T00:00:00Z,1,{number}\n")
    before = fetch(system.export(account))
    system.harness.send("jobs", json.dumps({"job": "maintain", "account": account}).encode())

    def files() -> int:
        table = ReadingsTable(system.harness.store, account).open()
        assert table is not None
        return len(table.file_uris())

    eventually("single file", lambda: files() == 1)
    assert fetch(system.export(account)) == before


UNREADABLE = {
    "not JSON": (b"hello there", "the message is not JSON"),
    "half of it": (b'{"job":"export"', "the message is not JSON"),
    "another object": (b'{"hello":"there"}', "missing required field `job`"),
    "an unknown job": (
        b'{"job":"dance","account":"A"}',
        "Invalid value 'dance' - at `$.job`; the event has: account, job",
    ),
    "no id": (b'{"job":"export","account":"A"}', "missing required field `id`"),
    "a number": (b'{"job":"export","account":5,"id":"x"}', "Expected `str`, got `int` - at `$.account`"),
    "a list": (b'["export"]', "Expected `object`, got `array`"),
}


@pytest.fixture(scope="module")
def unreadable(system: System) -> None:
    """All of them are sent at once, so that their attempts need be waited for once only."""
    for message, _ in UNREADABLE.values():
        system.harness.send("jobs", message)
    system.harness.send("jobs", b'{"job":"forecast","date":"soon"}')


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_message_that_is_no_job_becomes_a_dead_letter_that_says_why(
    system: System, letters: DeadLetters, unreadable: None, what: str
) -> None:
    message, complaint = UNREADABLE[what]

    def found() -> list[dict[str, Any]]:
        return [letter for letter in letters.every() if letter["event"] == {"native": message.decode()}]

    letter = eventually("dead letter", found)[0]
    assert (letter["function"], letter["attempts"]) == ("jobs", 5)
    assert complaint in letter["error"]
    assert letter["id"] in system.operate("dead-letters", "list")
    assert complaint in system.operate("dead-letters", "replay", letter["id"], fails=True)
    letters.remove(letter["id"])


def test_a_job_that_asks_for_nonsense_becomes_a_dead_letter_that_says_why(
    system: System, letters: DeadLetters, unreadable: None
) -> None:
    letter = buried(letters, job="forecast", date="soon")
    assert "is no date such as 2026-01-31" in system.operate("dead-letters", "replay", letter["id"], fails=True)
    letters.remove(letter["id"])


def test_a_message_that_is_too_big_becomes_a_dead_letter(
    system: System, letters: DeadLetters, differing: Callable[[str, Any], Any]
) -> None:
    message = json.dumps({"job": "maintain", "account": "Account17", "more": "x" * MAX_BYTES}).encode()
    try:
        system.harness.send("jobs", message)
        taken = True
    except Exception:  # noqa: BLE001  each service's client has its own
        taken = False
    assert taken == differing("a message of more than 48 KiB is taken by the queue", True)
    if taken:

        def found() -> list[dict[str, Any]]:
            return [letter for letter in letters.every() if "at most 49152 are allowed" in letter["error"]]

        letter = eventually("dead letter", found)[0]
        letters.remove(letter["id"])


def test_a_message_of_48_kib_is_a_job(system: System, account: str) -> None:
    system.ingest(account, "a.csv", CONTENT)
    export = system.export(account)["id"]
    message = json.dumps({"job": "export", "account": account, "id": export, "more": ""}).encode()
    message = message.replace(b'""', b'"' + b"x" * (MAX_BYTES - len(message)) + b'"')
    assert len(message) == MAX_BYTES
    system.harness.send("jobs", message)
    system.logged(message="nothing to export", export=export)


def test_a_job_that_keeps_failing_becomes_a_dead_letter_and_is_done_by_its_replay(
    system: System, letters: DeadLetters, account: str
) -> None:
    """The account's table is damaged: the export fails five times, its user is told, and once it is mended it is done."""
    accounts.ensure(Documents(system.harness.store), account)
    system.harness.drop(entry(account), b"not a log entry")
    export = exports(system, account).json()["id"]
    letter = buried(letters, job="export", id=export)
    assert (letter["function"], letter["attempts"]) == ("jobs", 5)
    assert json.loads(system.operate("dead-letters", "show", letter["id"])) == letter
    assert letter["id"] in system.operate("dead-letters", "list")
    failed = system.ended(account, export, "failed")
    assert f"dead letter {letter['id']}" in failed["error"]
    assert failed["download"] is None
    assert "did not serve" in system.operate("dead-letters", "replay", letter["id"], fails=True)
    mend(system, account)
    assert json.loads(system.operate("dead-letters", "replay", letter["id"]))["rows"] == 0
    assert system.ended(account, export)["error"] is None
    assert letter["id"] not in system.operate("dead-letters", "list")


def test_a_job_that_fails_once_is_tried_again(system: System, account: str) -> None:
    accounts.ensure(Documents(system.harness.store), account)
    system.harness.drop(entry(account), b"not a log entry")
    export = exports(system, account).json()["id"]
    system.logged(level="ERROR", message="attempt failed", function="jobs")
    mend(system, account)
    assert system.ended(account, export)["rows"] == 0


def test_one_bad_message_holds_up_no_other(system: System, letters: DeadLetters, filled: str) -> None:
    for _ in range(3):
        system.harness.send("jobs", b'{"job":"dance","account":"held up"}')
    assert system.export(filled)["rows"] == len(ROWS)
    letters.remove(eventually("dead letter", lambda: _dances(letters))[0]["id"])


def _dances(letters: DeadLetters) -> list[dict[str, Any]]:
    return [letter for letter in letters.every() if "held up" in str(letter["event"])]
