"""Every native event of the corpus through functions-framework and the Google Cloud adapter, whole and malformed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import functions_framework
import functions_framework.exceptions
import pytest

from adapters.gcp import main
from adapters.gcp.http import _reply
from core.energy.functions import FUNCTIONS
from core.kernel.errors import TrefoilError
from core.kernel.events import UnknownEvent
from core.kernel.functions import NoSuchFunction
from core.kernel.http import Response
from tests.adapters.events import KEY, corpus, extended, load, malformed
from tools.invoke import gcp
from tools.queue_stand_in import QueueStandIn

ANSWERS = {
    "api/get": (200, '{"message":"Hello Tim"}'),
    "api/encoded-path": (404, '"instance":"/api/a%2Fb//c%20d"'),
    "api/forged-identity-headers": (401, "a valid bearer token is required"),
}
FINALIZED = ("ingest/eventarc-finalized", "ingest/pubsub-push-finalize")
EVENTS = [name for name in corpus("gcp") if not name.startswith("api/")]


def run(name: str, event: Any) -> Any:
    return gcp(name.partition("/")[0], event)


def with_body(event: Any, body: Any) -> Any:
    return {**event, "body": body}


def test_every_http_event_has_an_expectation_here() -> None:
    assert set(corpus("gcp")) == {*ANSWERS, *EVENTS}


@pytest.mark.parametrize("name", ANSWERS)
def test_http(folder: Any, name: str) -> None:
    reply = run(name, load("gcp", name))
    status, text = ANSWERS[name]
    assert reply["status"] == status
    assert text in reply["body"]


@pytest.mark.parametrize("name", FINALIZED)
def test_an_object_is_ingested(reports: Any, name: str) -> None:
    for _ in range(2):
        assert run(name, load("gcp", name))["status"] == 200
    (report,) = reports()
    assert (report["key"], report["accepted"]) == (KEY, 1)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("ingest/eventarc-deleted", r"v1\.deleted is no event of an object"),
        ("ingest/pubsub-push-delete", r"'OBJECT_DELETE' - at `\$\.eventType`; the event has: bucketId"),
    ],
)
def test_an_event_of_another_kind_is_an_error_that_names_it(folder: Any, name: str, complaint: str) -> None:
    with pytest.raises(UnknownEvent, match=complaint):
        run(name, load("gcp", name))


@pytest.mark.parametrize("name", FINALIZED)
def test_a_failure_is_raised_so_that_the_sender_tries_again(folder: Any, name: str) -> None:
    (folder / "store" / "readings").write_text("in the way")
    with pytest.raises(TrefoilError, match="did not serve readings/Account17"):
        run(name, load("gcp", name))


def test_a_dead_letter_is_buried(buried: Any) -> None:
    for _ in range(2):
        run("bury_ingest/", load("gcp", "bury_ingest/pubsub-push-dead-letter"))
    (letter,) = buried()
    assert (letter["function"], letter["event"], letter["attempts"]) == ("ingest", {"key": KEY}, 7)  # as the event says


def test_a_dead_letter_that_is_no_event_is_buried_as_it_came(buried: Any) -> None:
    run("bury_ingest/", load("gcp", "bury_ingest/pubsub-push-not-an-event"))
    (letter,) = buried()
    assert letter["event"]["native"]["data"] == '{"hello": "there"}'
    assert "missing required field `eventType`" in letter["error"]


def test_a_letter_that_cannot_be_written_is_pushed_again(folder: Any) -> None:
    (folder / "store" / "dead-letters").write_text("in the way")
    with pytest.raises(TrefoilError):
        run("bury_ingest/", load("gcp", "bury_ingest/pubsub-push-dead-letter"))


def test_the_schedule_asks_for_the_days_forecast(folder: Any, jobs_queue: QueueStandIn) -> None:
    assert run("forecast/", load("gcp", "forecast/scheduler-through-pubsub"))["status"] == 200
    ((queue, message),) = jobs_queue.sent
    assert queue == "jobs"
    assert message.startswith('{"job":"forecast","date":"20')


def test_the_schedule_asks_for_the_upkeep_of_every_account(folder: Any, jobs_queue: QueueStandIn) -> None:
    run("ingest/", load("gcp", "ingest/eventarc-finalized"))
    assert run("maintain/", load("gcp", "maintain/scheduler-through-pubsub"))["status"] == 200
    assert jobs_queue.sent == [("jobs", '{"job":"maintain","account":"Account17"}')]


def test_a_step_is_done(folder: Any) -> None:
    event = load("gcp", "settle/workflows")
    reply = run("settle/", event)
    assert (reply["status"], json.loads(reply["body"])) == (200, {"incomplete": [], "missing": 0})
    reply = run("settle/", with_body(event, {**event["body"], "step": "former"}))
    assert (reply["status"], json.loads(reply["body"])["code"]) == (422, "internal")


def test_the_schedule_that_settles_is_off(folder: Any, jobs_queue: QueueStandIn) -> None:
    assert run("settle_monthly/", load("gcp", "settle_monthly/scheduler-through-pubsub"))["status"] == 200
    assert jobs_queue.sent == []


def test_without_mail_the_schedule_of_alerts_asks_for_nothing(folder: Any, jobs_queue: QueueStandIn) -> None:
    assert run("alert/", load("gcp", "alert/scheduler-through-pubsub"))["status"] == 200
    assert jobs_queue.sent == []


def test_a_job_is_done(folder: Any) -> None:
    assert run("jobs/", load("gcp", "jobs/pubsub-push"))["status"] == 200


@pytest.mark.parametrize("data", ["eyJqb2IiOiJkYW5jZSJ9", "", "bm90IEpTT04=", "&&&"])
def test_a_message_that_is_no_job_is_raised_so_that_it_is_pushed_again(folder: Any, data: str) -> None:
    event = load("gcp", "jobs/pubsub-push")
    event["body"]["message"]["data"] = data
    with pytest.raises(UnknownEvent):
        run("jobs/", event)


def test_a_dead_job_is_buried(buried: Any) -> None:
    for _ in range(2):
        run("bury_jobs/", load("gcp", "bury_jobs/pubsub-push-dead-letter"))
    (letter,) = buried()
    assert (letter["function"], letter["event"]) == ("jobs", {"job": "maintain", "account": "Account17"})


def test_a_dead_message_that_is_no_job_is_buried_as_it_came(buried: Any) -> None:
    run("bury_jobs/", load("gcp", "bury_jobs/pubsub-push-not-a-job"))
    (letter,) = buried()
    assert (letter["function"], letter["event"]) == ("jobs", {"native": '{"hello": "there"}'})


@pytest.mark.parametrize("name", EVENTS)
def test_a_malformed_event_is_an_unknown_event_or_refused_by_the_framework(folder: Any, name: str) -> None:
    event = load("gcp", name)
    refused = 0
    for what, body in malformed(event["body"]):
        try:
            refused += run(name, with_body(event, body))["status"] == 400
        except UnknownEvent as error:
            refused += 1
            assert "the event has:" in str(error) or "no event" in str(error), what
    assert refused > 0


@pytest.mark.parametrize("function", [name for name in FUNCTIONS.every if name not in ("api", "authorizer", "settle")])
def test_an_event_of_a_type_that_nobody_knows_is_named(folder: Any, function: str) -> None:
    event = load("gcp", "ingest/eventarc-finalized")
    event["headers"]["ce-type"] = "com.example.other"
    with pytest.raises(UnknownEvent, match=r"com\.example\.other is no event of"):
        gcp(function, event)


@pytest.mark.parametrize("name", [name for name in EVENTS if "delete" not in name])
def test_fields_that_are_added_later_change_nothing(folder: Any, name: str) -> None:
    event = load("gcp", name)
    assert run(name, with_body(event, extended(event["body"])))["status"] == 200


def test_cookies_go_one_by_one() -> None:
    cookies = ("a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2")
    reply = _reply(Response(200, tuple(("Set-Cookie", one) for one in cookies), b""))
    assert reply.headers.getlist("Set-Cookie") == list(cookies)


def test_a_request_is_logged_with_the_trace_of_the_platform(folder: Any, capfd: pytest.CaptureFixture[str]) -> None:
    event = load("gcp", "api/get")
    event["headers"]["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    run("api/get", event)
    (line,) = [json.loads(line) for line in capfd.readouterr().err.splitlines() if '"request"' in line]
    assert line["logging.googleapis.com/trace"].endswith("/traces/0af7651916cd43dd8448eb211c80319c")


def test_a_function_that_the_set_does_not_have_is_named_at_the_start() -> None:
    source = str(Path(main.__file__))
    with pytest.raises(NoSuchFunction, match="there is no function 'nothing'; there are api, authorizer, ingest, jobs"):
        functions_framework.create_app("nothing", source, "cloudevent")
    with pytest.raises(functions_framework.exceptions.MissingTargetException):
        functions_framework.create_app("authorizer", source, "http")
