"""Alerts: a mail on the morning after a day that took more than the account's settings allow."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from core.kernel.clock import system_clock
from core.kernel.dead_letters import DeadLetters
from core.kernel.documents import Documents
from tests.beds.inbox import Inbox
from tests.contract.system import SENDER, SITE, System
from tests.contract.test_http import assert_problem
from tests.contract.test_jobs import buried
from tools.waiting import eventually

POINT = "1012345678903"
MORNING, NEXT = "2026-01-11T07:00:00Z", "2026-01-12T07:00:00Z"
"""The morning after the tenth of January, and the next one."""


@pytest.fixture
def inbox(system: System) -> Inbox:
    if not system.get("/api/accounts/Account17/alerts", "podge").json()["mail"]:
        pytest.skip("not provable here: this deployment sends no mails")
    return system.harness.inbox


def readings(day: str, kwh: str) -> str:
    first = datetime.fromisoformat(f"{day}T00:00:00")
    rows = (f"{POINT},{first + timedelta(minutes=30 * n):%Y-%m-%dT%H:%M:%S}Z,1,{kwh}\n" for n in range(48))
    return "point,start,version,kwh\n" + "".join(rows)


def ask_for_alerts(system: System, account: str, above: float = 10) -> str:
    """Let the account be told at an address of its own, which is returned."""
    address = f"{account}@example.com"
    wanted = {"email": address, "alert_kwh_per_day": above}
    where = f"/api/accounts/{account}/settings"
    reply = system.send("PUT", where, "sam", json=wanted, headers={"If-Match": "*"})
    assert reply.status_code == 200, reply.text
    return address


def look(system: System, account: str, at: str) -> None:
    system.harness.send("jobs", json.dumps({"job": "alert", "account": account, "at": at}).encode())


def looked(system: System, account: str, times: int) -> None:
    """Wait until so many looks at the account have ended well."""
    eventually("the look", lambda: len(system.logged(message="looked at", account=account)) >= times)


def alerts(system: System, account: str) -> list[dict[str, Any]]:
    return list(system.get(f"/api/accounts/{account}/alerts", "rita").json()["alerts"])


def told(inbox: Inbox, address: str) -> EmailMessage:
    """The first mail for an address, when it has come."""
    return eventually(f"the mail to {address}", lambda: inbox.to(address))[0]


def test_a_day_that_took_too_much_is_told_by_mail_and_listed(system: System, inbox: Inbox, account: str) -> None:
    system.ingest(account, "a.csv", readings("2026-01-10", "0.5"))
    address = ask_for_alerts(system, account)
    look(system, account, MORNING)
    mail = told(inbox, address)
    assert (mail["From"], mail["Subject"]) == (SENDER, f"{account} took 24 kWh on 10 January 2026, more than 10")
    text = mail.get_content()
    for said in ("more than 10 kWh", f"{POINT}  24 kWh", f"The readings are at {SITE}"):
        assert said in text
    (alert,) = eventually("the note of the alert", lambda: alerts(system, account))
    assert datetime.fromisoformat(alert.pop("at")).utcoffset() == timedelta(0)
    assert alert == {
        "day": "2026-01-10",
        "kwh": "24",
        "limit": "10",
        "estimated": "0",
        "missing": 0,
        "points": [{"point": POINT, "kwh": "24", "missing": 0}],
        "sent_to": address,
    }


def test_a_job_that_comes_again_sends_no_second_mail(system: System, inbox: Inbox, account: str) -> None:
    system.ingest(account, "a.csv", readings("2026-01-10", "0.5"))
    address = ask_for_alerts(system, account)
    for times in range(1, 4):
        look(system, account, MORNING)
        looked(system, account, times)
    assert len(inbox.to(address)) == 1


def test_a_day_within_the_limit_is_not_told(system: System, inbox: Inbox, account: str) -> None:
    system.ingest(account, "a.csv", readings("2026-01-10", "0.5"))
    address = ask_for_alerts(system, account, above=24)
    look(system, account, MORNING)
    looked(system, account, 1)
    assert (inbox.to(address), alerts(system, account)) == ([], [])


def test_readings_that_come_late_are_told_on_the_morning_after(system: System, inbox: Inbox, account: str) -> None:
    system.ingest(account, "earlier.csv", readings("2026-01-09", "0.1"))
    address = ask_for_alerts(system, account)
    look(system, account, MORNING)
    looked(system, account, 1)
    assert inbox.to(address) == []
    system.ingest(account, "late.csv", readings("2026-01-10", "0.5"))
    look(system, account, NEXT)
    assert "on 10 January 2026" in told(inbox, address)["Subject"]


def test_the_schedule_looks_at_each_account_that_asks(system: System, inbox: Inbox, account: str) -> None:
    system.ingest(account, "a.csv", readings("2026-01-10", "0.5"))
    ask_for_alerts(system, account)
    system.harness.fire("alert")
    looked(system, account, 1)


def test_a_mail_that_is_refused_ends_in_a_dead_letter_and_comes_when_it_is_taken_again(
    system: System, inbox: Inbox, account: str
) -> None:
    letters = DeadLetters(Documents(system.harness.store), system_clock)
    system.ingest(account, "a.csv", readings("2026-01-10", "0.5"))
    address = ask_for_alerts(system, account)
    inbox.refused.add(address)
    look(system, account, MORNING)
    letter = buried(letters, job="alert", account=account)
    assert (letter["function"], letter["attempts"]) == ("jobs", 5)
    assert alerts(system, account) == []
    said = system.operate("dead-letters", "replay", letter["id"], fails=True)
    assert "no mail can be sent here" in said
    inbox.refused.discard(address)
    look(system, account, MORNING)
    told(inbox, address)
    letters.remove(letter["id"])


def test_an_account_that_is_deleted_takes_its_alerts_along(system: System, inbox: Inbox, account: str) -> None:
    system.ingest(account, "a.csv", readings("2026-01-10", "0.5"))
    ask_for_alerts(system, account)
    look(system, account, MORNING)
    looked(system, account, 1)
    assert system.send("DELETE", f"/api/accounts/{account}", "luciano").status_code == 202
    documents = Documents(system.harness.store)
    eventually("the deletion", lambda: documents.get(f"accounts/{account}.json") is None)
    assert documents.list(f"alerts/{account}") == []


def test_an_account_that_was_never_told_has_no_alerts(system: System) -> None:
    answer = system.get("/api/accounts/Account18/alerts", "luciano").json()
    assert (answer["alerts"], answer["next"]) == ([], None)
    assert answer["mail"] in (True, False)


@pytest.mark.parametrize(
    "email", ["ada", "ada@", "a@b@c.example", "ada @example.com", "ada@example.com\r\nBcc: eve@example.com", "ä@b.c"]
)
def test_what_is_no_address_is_422(system: System, email: str) -> None:
    change = {"email": email, "alert_kwh_per_day": 1}
    where = "/api/accounts/Account17/settings"
    problem = assert_problem(system.send("PUT", where, "podge", json=change, headers={"If-Match": "*"}), 422)
    assert problem["errors"][0]["field"] == "email"  # type: ignore[index]
