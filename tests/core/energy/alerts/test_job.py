"""The daily look: who is told of what, once, whatever fails and whenever readings come."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from core.energy.accounts import accounts
from core.energy.alerts import documents
from core.kernel import delivery, jobs
from core.kernel.api.app import App
from core.kernel.auth import access
from core.kernel.auth.authorizer import Principal
from core.kernel.errors import Code, TrefoilError
from core.kernel.events import NotReplayable, UnknownEvent
from core.kernel.http import Request
from core.kernel.services import Services
from tests.conftest import KeptMail, KeptQueue
from tests.core.energy.alerts.given import ADA, OTHER, POINT, account_with, add, day, look

TENTH, ELEVENTH, TWELFTH = "2026-01-10T00:00:00", "2026-01-11T00:00:00", "2026-01-12T00:00:00"
MORNING, NEXT = "2026-01-11T07:00:00Z", "2026-01-12T07:00:00Z"
"""The morning after the tenth of January, and the next one."""


@pytest.fixture
def mail() -> KeptMail:
    return KeptMail()


@pytest.fixture
def services(services: Services, mail: KeptMail) -> Services:
    return replace(services, notifier=mail, config=replace(services.config, site="https://app.example.com"))


def alerts(services: Services, account: str, query: str = "") -> dict[str, Any]:
    access.grant(services.documents, "podge", "read", account)
    path = f"/api/accounts/{account}/alerts"
    reply = App(services).handle(Request("GET", path, query, caller=Principal("podge")))
    assert reply.status == 200, reply.body
    return dict(json.loads(reply.body))


def test_a_day_that_took_too_much_is_told_once(services: Services, mail: KeptMail) -> None:
    rows = [*day(TENTH, "0.5"), *day(TENTH, "0.25", OTHER, quality="estimated", count=47)]
    account = account_with(services, rows)
    assert look(services, account, MORNING) == {"account": account, "days": ["2026-01-10"], "told": ["2026-01-10"]}
    for _ in range(2):
        assert look(services, account, MORNING) == {"account": account, "days": [], "told": []}
    ((to, subject, text),) = mail.sent
    assert (to, subject) == (ADA, f"{account} took 35.75 kWh on 10 January 2026, more than 10")
    assert text == (
        f"{account} took 35.75 kWh on 10 January 2026.\n"
        "Its settings ask for a mail when a day takes more than 10 kWh.\n\n"
        "These points took most:\n"
        f"  {POINT}  24 kWh\n"
        f"  {OTHER}  11.75 kWh\n\n"
        "Of this, 11.75 kWh are estimated, not measured.\n\n"
        "It may be more: there is no reading for\n"
        f"  {OTHER}  30 minutes\n\n"
        "The readings are at https://app.example.com\n\n"
        f"Whoever may change the settings of {account} can set another limit or address, or none.\n"
    )
    told = {
        "day": "2026-01-10",
        "kwh": "35.75",
        "limit": "10",
        "estimated": "11.75",
        "missing": 30,
        "points": [
            {"point": POINT, "kwh": "24", "missing": 0},
            {"point": OTHER, "kwh": "11.75", "missing": 30},
        ],
        "sent_to": ADA,
        "at": "2026-07-01T12:00:00Z",
    }
    assert alerts(services, account) == {"mail": True, "alerts": [told], "next": None}


@pytest.mark.parametrize(("kwh", "limit", "told"), [("0.1", 4.8, 0), ("0.1", 4.7, 1), ("0.0000001", 0, 1), ("0", 0, 0)])
def test_the_limit_itself_is_not_too_much(
    services: Services, mail: KeptMail, kwh: str, limit: float, told: int
) -> None:
    look(services, account_with(services, day(TENTH, kwh), alert_kwh_per_day=limit), MORNING)
    assert len(mail.sent) == told


def test_readings_that_come_late_are_told_on_the_morning_after(services: Services, mail: KeptMail) -> None:
    account = account_with(services)
    assert look(services, account, MORNING)["days"] == ["2026-01-10"]
    add(services, account, day(TENTH, "0.5"))
    assert look(services, account, NEXT) == {
        "account": account,
        "days": ["2026-01-10", "2026-01-11"],
        "told": ["2026-01-10"],
    }
    assert [subject for _, subject, _ in mail.sent] == [f"{account} took 24 kWh on 10 January 2026, more than 10"]


def test_a_day_that_is_whole_and_quiet_is_not_looked_at_again(services: Services, mail: KeptMail) -> None:
    account = account_with(services, day(TENTH, "0.1"))
    assert look(services, account, MORNING) == {"account": account, "days": ["2026-01-10"], "told": []}
    add(services, account, day(ELEVENTH, "0.1", count=47))
    assert look(services, account, NEXT)["days"] == ["2026-01-11"]
    assert look(services, account, "2026-01-13T07:00:00Z")["days"] == ["2026-01-11", "2026-01-12"]
    assert look(services, account, "2026-01-30T07:00:00Z")["days"] == [f"2026-01-{number}" for number in range(23, 30)]
    assert mail.sent == []


def test_who_begins_to_ask_is_not_told_of_the_days_before(services: Services, mail: KeptMail) -> None:
    account = account_with(services, [*day("2026-01-08T00:00:00", "1"), *day("2026-01-09T00:00:00", "1")])
    assert look(services, account, MORNING)["told"] == []
    assert mail.sent == []


def test_a_mail_that_can_not_be_sent_fails_the_job_and_the_next_attempt_sends_it(
    services: Services, mail: KeptMail
) -> None:
    class Down(KeptMail):
        def send(self, to: str, subject: str, text: str) -> None:
            raise TrefoilError(Code.UNAVAILABLE, "the mail server is down")

    account = account_with(services, day(TENTH, "0.5"))
    with pytest.raises(TrefoilError, match="the mail server is down"):
        look(replace(services, notifier=Down()), account, MORNING)
    assert alerts(services, account)["alerts"] == []
    assert look(services, account, MORNING)["told"] == ["2026-01-10"]
    assert len(mail.sent) == 1


def test_only_a_crash_between_the_mail_and_its_note_sends_a_second_one(
    services: Services, mail: KeptMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = account_with(services, day(TENTH, "0.5"))
    with monkeypatch.context() as patch:
        patch.setattr(documents, "note", None)
        with pytest.raises(TypeError):
            look(services, account, MORNING)
    look(services, account, MORNING)
    look(services, account, MORNING)
    assert len(mail.sent) == 2
    assert mail.sent[0] == mail.sent[1]
    services.documents.delete(documents.looked(account))  # a crash after the note
    look(services, account, MORNING)
    assert len(mail.sent) == 2


@pytest.mark.parametrize(
    "settings", [{"alert_kwh_per_day": None}, {"email": ""}, {"email": "ada@example.com\nBcc: eve@example.com"}]
)
def test_who_does_not_ask_or_has_no_address_is_not_told(
    services: Services, mail: KeptMail, queue: KeptQueue, settings: dict[str, Any]
) -> None:
    account = account_with(services, day(TENTH, "0.5"), **settings)
    assert look(services, account, MORNING)["days"] == []
    assert ask(services) == {"accounts": 0}
    assert (mail.sent, queue.sent) == ([], [])


def test_of_an_account_that_is_gone_nothing_is_told_or_left(services: Services, mail: KeptMail) -> None:
    account = account_with(services, day(TENTH, "0.5"))
    accounts.remove(services.documents, account)
    assert look(services, account, MORNING)["told"] == []
    assert mail.sent == []
    assert services.documents.list(f"alerts/{account}") == []


def ask(services: Services) -> Any:
    return delivery.fire(services, services.functions.named("alert"))


def test_each_account_that_asks_is_looked_at_daily(services: Services, queue: KeptQueue) -> None:
    first, second = sorted([account_with(services), account_with(services)])
    account_with(services, email="")
    assert [ask(services), ask(services)] == [{"accounts": 2}] * 2
    asked = [f'{{"job":"alert","account":"{one}","at":"2026-07-01T07:00:00Z"}}'.encode() for one in (first, second)]
    assert queue.sent == asked * 2


def test_without_a_mail_server_nobody_is_looked_at_and_that_is_said(services: Services, queue: KeptQueue) -> None:
    account = account_with(services, day(TENTH, "0.5"))
    without = replace(services, notifier=None)
    assert ask(without) == {"accounts": None}
    assert look(without, account, MORNING)["days"] == []
    assert queue.sent == []
    assert alerts(without, account) == {"mail": False, "alerts": [], "next": None}
    message = f'{{"job":"alert","account":"{account}","at":"{MORNING}"}}'.encode()
    with pytest.raises(NotReplayable, match="no mail can be sent here: set TREFOIL_MAIL, TREFOIL_MAIL_FROM"):
        jobs.check_replay(without, "jobs", message)
    jobs.check_replay(services, "jobs", message)


def test_a_job_that_is_not_taken_keeps_no_other_from_being_sent(services: Services) -> None:
    names = [account_with(services) for _ in range(3)]

    class Refusing(KeptQueue):
        def send(self, queue: str, message: bytes, parent: str = "") -> None:
            if names[1].encode() in message:
                raise TrefoilError(Code.UNAVAILABLE, "no")
            super().send(queue, message)

    refusing = Refusing()
    with pytest.raises(TrefoilError, match="did not take 1 of 3 jobs"):
        ask(replace(services, queues=refusing))
    assert len(refusing.sent) == 2


@pytest.mark.parametrize("at", ["", "yesterday", "2026-01-11", "2026-01-11T07:00:00"])
def test_a_time_that_is_none_is_an_unknown_event(services: Services, at: str) -> None:
    with pytest.raises(UnknownEvent, match=f"the time {at!r} of the alert job is none such as"):
        look(services, account_with(services), at)


def test_alerts_are_listed_newest_day_first_page_by_page(services: Services) -> None:
    account = account_with(services)
    told = documents.Told("", "1", "0", "0", 0, [], ADA, "2026-01-01T00:00:00Z")
    days = [date(2025, 12, 30), date(2026, 1, 2), date(2025, 1, 31), date(2026, 11, 1)]
    for one in days:
        documents.note(services.documents, account, one, replace(told, day=one.isoformat()))
    wanted = [one.isoformat() for one in sorted(days, reverse=True)]
    assert [one["day"] for one in alerts(services, account)["alerts"]] == wanted
    page = alerts(services, account, "limit=3")
    rest = alerts(services, account, f"limit=3&cursor={page['next']}")
    assert [one["day"] for one in (*page["alerts"], *rest["alerts"])] == wanted
    assert rest["next"] is None
