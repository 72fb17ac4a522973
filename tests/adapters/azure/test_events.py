"""Every native event of the corpus through the Azure adapter, whole and malformed."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.azure.http import _reply
from core.kernel.errors import TrefoilError
from core.kernel.events import UnknownEvent
from core.kernel.http import Response
from tests.adapters.events import KEY, corpus, extended, load, malformed
from tools.invoke import azure
from tools.queue_stand_in import QueueStandIn

ANSWERS = {
    "api/get": (200, '{"message":"Hello Tim"}'),
    "api/encoded-path": (404, '"instance":"/api/a%2Fb//c%20d"'),
    "api/forged-identity-headers": (401, "a valid bearer token is required"),
}
MESSAGES = [name for name in corpus("azure") if name.startswith(("ingest/", "jobs/", "bury_"))]


def run(name: str, event: Any) -> Any:
    return azure(name.partition("/")[0], event)


def with_body(event: Any, body: Any) -> Any:
    return {**event, "body": body}


OTHERS = ("settle/activity", "settle_monthly/timer", "alert/timer")


def test_a_step_is_done(folder: Any) -> None:
    assert run("settle/", load("azure", "settle/activity")) == {"value": {"incomplete": [], "missing": 0}}
    assert run("settle/", {**load("azure", "settle/activity"), "step": "former"}) == {"error": "internal"}


def test_the_timer_that_settles_is_off(folder: Any, jobs_queue: QueueStandIn) -> None:
    run("settle_monthly/", load("azure", "settle_monthly/timer"))
    assert jobs_queue.sent == []


def test_without_mail_the_timer_of_alerts_asks_for_nothing(folder: Any, jobs_queue: QueueStandIn) -> None:
    run("alert/", load("azure", "alert/timer"))
    assert jobs_queue.sent == []


def test_every_event_has_an_expectation_here() -> None:
    assert set(corpus("azure")) == {*ANSWERS, *MESSAGES, "forecast/timer", "maintain/timer", *OTHERS}


@pytest.mark.parametrize("name", ANSWERS)
def test_http(folder: Any, name: str) -> None:
    reply = run(name, load("azure", name))
    status, text = ANSWERS[name]
    assert reply["status"] == status
    assert text in reply["body"]


def test_an_object_is_ingested(reports: Any) -> None:
    for _ in range(2):
        run("ingest/", load("azure", "ingest/event-grid-created"))
    (report,) = reports()
    assert (report["key"], report["accepted"]) == (KEY, 1)


def test_an_event_of_another_kind_is_an_error_that_names_it(folder: Any) -> None:
    with pytest.raises(UnknownEvent, match=r"'Microsoft.Storage.BlobDeleted' - at `\$.eventType`"):
        run("ingest/", load("azure", "ingest/event-grid-deleted"))


@pytest.mark.parametrize("body", ["not JSON", "", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")])
def test_a_message_that_is_not_json_is_an_error_that_says_so(folder: Any, body: str) -> None:
    with pytest.raises(UnknownEvent, match="the message is not JSON"):
        run("ingest/", with_body(load("azure", "ingest/event-grid-created"), body))


@pytest.mark.parametrize("subject", ["", "/blobServices/default/containers/c", "/other/default/containers/c/blobs/k"])
def test_a_subject_that_names_no_blob_is_an_error_that_shows_it(folder: Any, subject: str) -> None:
    event = load("azure", "ingest/event-grid-created")
    event["body"]["subject"] = subject
    with pytest.raises(UnknownEvent, match="names no blob"):
        run("ingest/", event)


def test_a_failure_is_raised_so_that_the_message_comes_again(folder: Any) -> None:
    (folder / "store" / "readings").write_text("in the way")
    with pytest.raises(TrefoilError, match="did not serve readings/Account17"):
        run("ingest/", load("azure", "ingest/event-grid-created"))


def test_a_dead_letter_is_buried(buried: Any) -> None:
    for _ in range(2):
        run("bury_ingest/", load("azure", "bury_ingest/poison-message"))
    (letter,) = buried()
    assert (letter["function"], letter["event"], letter["attempts"]) == ("ingest", {"key": KEY}, 5)


def test_a_dead_letter_that_is_no_event_is_buried_as_it_came(buried: Any) -> None:
    run("bury_ingest/", load("azure", "bury_ingest/poison-not-an-event"))
    (letter,) = buried()
    assert letter["event"] == {"native": "not even JSON"}


def test_a_letter_that_cannot_be_written_stays_in_the_queue(folder: Any) -> None:
    (folder / "store" / "dead-letters").write_text("in the way")
    with pytest.raises(TrefoilError):
        run("bury_ingest/", load("azure", "bury_ingest/poison-message"))


@pytest.mark.parametrize("late", [False, True])
def test_the_timer_asks_for_the_days_forecast(folder: Any, jobs_queue: QueueStandIn, late: bool) -> None:
    run("forecast/", {**load("azure", "forecast/timer"), "IsPastDue": late})
    ((queue, message),) = jobs_queue.sent
    assert queue == "jobs"
    assert message.startswith('{"job":"forecast","date":"20')


def test_the_timer_asks_for_the_upkeep_of_every_account(folder: Any, jobs_queue: QueueStandIn) -> None:
    run("ingest/", load("azure", "ingest/event-grid-created"))
    run("maintain/", load("azure", "maintain/timer"))
    assert jobs_queue.sent == [("jobs", '{"job":"maintain","account":"Account17"}')]


def test_a_job_is_done(folder: Any) -> None:
    run("jobs/", load("azure", "jobs/message"))


@pytest.mark.parametrize("body", ["not JSON", "", {"job": "dance"}])
def test_a_message_that_is_no_job_is_raised_so_that_it_comes_again(folder: Any, body: Any) -> None:
    with pytest.raises(UnknownEvent):
        run("jobs/", with_body(load("azure", "jobs/message"), body))


def test_a_dead_job_is_buried(buried: Any) -> None:
    for _ in range(2):
        run("bury_jobs/", load("azure", "bury_jobs/poison-message"))
    (letter,) = buried()
    assert (letter["function"], letter["event"]) == ("jobs", {"job": "maintain", "account": "Account17"})


def test_a_dead_message_that_is_no_job_is_buried_as_it_came(buried: Any) -> None:
    run("bury_jobs/", load("azure", "bury_jobs/poison-not-a-job"))
    (letter,) = buried()
    assert (letter["function"], letter["event"]) == ("jobs", {"native": "not even JSON"})


def test_a_malformed_event_is_an_unknown_event_or_harmless(folder: Any) -> None:
    event = load("azure", "ingest/event-grid-created")
    refused = 0
    for what, body in malformed(event["body"]):
        try:
            run("ingest/", with_body(event, body))
        except UnknownEvent as error:
            refused += 1
            assert "the event has:" in str(error), what
    assert refused > 0


def test_fields_that_are_added_later_change_nothing(reports: Any) -> None:
    event = load("azure", "ingest/event-grid-created")
    run("ingest/", with_body(event, extended(event["body"])))
    assert len(reports()) == 1


def test_cookies_go_one_by_one() -> None:
    cookies = ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"]
    reply = _reply(Response(200, (("X-A", "1"), *(("Set-Cookie", one) for one in cookies), ("X-A", "2")), b""))
    assert reply.headers.get_all("Set-Cookie") == cookies  # what the worker makes the host's cookies of
    assert reply.headers["X-A"] == "1, 2"
