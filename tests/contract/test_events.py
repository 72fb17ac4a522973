"""Events: duplicates, redelivery, five attempts, dead letters, and keys that are not ours."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from core.kernel.clock import system_clock
from core.kernel.dead_letters import DeadLetters
from core.kernel.documents import Documents
from tests.contract.system import System
from tests.contract.test_ingestion import MPAN, TWO
from tools.waiting import eventually


@pytest.fixture
def letters(system: System) -> DeadLetters:
    """What `trefoil dead-letters` works with when TREFOIL_STORE names the store of this system."""
    return DeadLetters(Documents(system.harness.store), system_clock)


@pytest.fixture
def broken(system: System, account: str) -> str:
    """An account whose every ingestion fails, until `mend` is called: its table's log holds what is none."""
    system.harness.drop(entry(account), b"not a log entry")
    return account


def entry(account: str) -> str:
    return f"readings/{account}/_delta_log/00000000000000000000.json"


def mend(system: System, account: str) -> None:
    system.harness.remove(entry(account))


def letter_of(letters: DeadLetters, key: str) -> dict[str, Any]:
    def found() -> list[dict[str, Any]]:
        return [letter for letter in letters.every() if letter["event"].get("key") == key]

    return eventually(f"dead letter of {key}", found)[0]


def test_the_same_event_again_changes_nothing(system: System, account: str) -> None:
    report = system.ingest(account, "once.csv", TWO)
    for _ in range(3):
        system.harness.announce(report["key"])
    later = system.ingest(account, "later.csv", "point,start,version,kwh\n")
    found = system.get(f"/api/accounts/{account}/ingestions", "rita").json()["ingestions"]
    assert sorted(one["id"] for one in found) == sorted([report["id"], later["id"]])
    assert next(one for one in found if one["id"] == report["id"]) == report
    assert system.readings(account, point=MPAN)["value"] == [0.5, 0.25]


@pytest.mark.parametrize(
    "name",
    [
        "a b.csv",
        "a+b.csv",
        "a%20b.csv",
        "ä ö 漢字.csv",
        "a&b=c;d?e#f.csv",
        "a~b'c(d)!.csv",
        "UPPER.CSV",
        "a...b",
        "x" * 200,
    ],
)
def test_a_key_arrives_as_it_was_written(system: System, account: str, name: str) -> None:
    assert system.ingest(account, name, TWO)["accepted"] == 2


@pytest.mark.parametrize(
    "key",
    ["incoming/{account}/gone.csv", "incoming/no-account.csv", "reports/{account}/a.csv", "incoming/{account}/"],
)
def test_an_event_about_nothing_of_ours_is_passed_over(
    system: System, letters: DeadLetters, account: str, key: str
) -> None:
    system.harness.announce(key.format(account=account))
    system.ingest(account, "after.csv", TWO)
    time.sleep(0.5)
    reports = system.get(f"/api/accounts/{account}/ingestions", "rita").json()["ingestions"]
    assert [report["key"] for report in reports] == [f"incoming/{account}/after.csv"]
    assert not [letter for letter in letters.every() if letter["event"].get("key") == key.format(account=account)]


@pytest.mark.parametrize("name", ["a//b.csv", "./a.csv", "../a.csv", "a\u0001b.csv"])
def test_a_key_that_no_client_can_address_ends_in_a_report(system: System, account: str, name: str) -> None:
    key = f"incoming/{account}/{name}"
    for _ in range(2):
        system.harness.announce(key)
    report = system.report(account, key)
    assert report["status"] == "refused"
    assert "send the file under another name" in report["reason"]
    assert len(system.get(f"/api/accounts/{account}/ingestions", "rita").json()["ingestions"]) == 1


def test_a_failed_attempt_is_tried_again(system: System, broken: str) -> None:
    key = f"incoming/{broken}/again.csv"
    system.harness.drop(key, TWO.encode())
    system.logged(level="ERROR", message="attempt failed", function="ingest")
    mend(system, broken)
    assert system.report(broken, key)["accepted"] == 2


def test_after_five_attempts_there_is_a_dead_letter_that_can_be_read_and_replayed(
    system: System, letters: DeadLetters, broken: str
) -> None:
    key = f"incoming/{broken}/dead.csv"
    system.harness.drop(key, TWO.encode())
    letter = letter_of(letters, key)
    assert (letter["function"], letter["attempts"]) == ("ingest", 5)
    assert letter["error"]
    assert letters.get(letter["id"]) == letter
    mend(system, broken)
    report = json.loads(system.operate("dead-letters", "replay", letter["id"]))
    assert report["accepted"] == 2
    assert report.items() <= system.report(broken, key).items()
    assert system.readings(broken, point=MPAN)["value"] == [0.5, 0.25]
    assert letters.get(letter["id"]) is None


def test_a_message_that_is_no_event_becomes_a_dead_letter_too(system: System, letters: DeadLetters) -> None:
    before = {letter["id"] for letter in letters.every()}
    system.harness.send("ingest", b'{"hello":"there"}')

    def found() -> list[dict[str, Any]]:
        return [letter for letter in letters.every() if letter["id"] not in before and "native" in letter["event"]]

    letter = eventually("dead letter", found)[0]
    assert "hello" in str(letter["event"]["native"])
    said = system.operate("dead-letters", "replay", letter["id"], fails=True)
    assert "holds no event that ingest could read" in said
    letters.remove(letter["id"])


def test_one_bad_event_holds_up_no_other(system: System, broken: str, account: str) -> None:
    system.harness.drop(f"incoming/{broken}/bad.csv", TWO.encode())
    assert system.ingest(f"{account}-good", "good.csv", TWO)["accepted"] == 2
    mend(system, broken)
    system.report(broken, f"incoming/{broken}/bad.csv")
