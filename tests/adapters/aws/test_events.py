"""Every native event of the corpus through the AWS adapter, whole and malformed."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import msgspec
import pytest
from awslambdaric.lambda_runtime_marshaller import to_json

from adapters.aws.bootstrap import services
from adapters.aws.http import LARGEST_TEXT, HttpEvent, _reply, _request
from core.energy.functions import FUNCTIONS
from core.kernel.auth.tokens import mint
from core.kernel.errors import TrefoilError
from core.kernel.events import UnknownEvent
from core.kernel.functions import NoSuchFunction
from core.kernel.http import MAX_RESPONSE_BODY, Response
from core.kernel.workflow import runs
from core.kernel.workflow.steps import Run
from tests.adapters.conftest import forget
from tests.adapters.events import KEY, corpus, extended, load, malformed
from tests.beds.processes import NOBODY
from tools.invoke import aws
from tools.queue_stand_in import QueueStandIn

ANSWERS = {
    "api/http-api-get": (200, '{"message":"Hello Tim"}'),
    "api/http-api-decoded-path": (404, '"instance":"/api/a/b/%C3%BC%20100%25"'),
    "api/http-api-base64-body": (401, "user or password is wrong"),
    "api/http-api-cookies-and-joined-headers": (200, '{"message":"Hello world"}'),
    "api/http-api-preflight": (204, ""),
    "api/http-api-authorized": (200, '{"user":"podge","grants":[]}'),
    "api/http-api-refused": (401, "a valid bearer token is required"),
    "api/http-api-forged-headers": (401, "a valid bearer token is required"),
    "api/http-api-forged-body": (401, "a valid bearer token is required"),
    "api/function-url-get": (404, '"instance":"/api/products/a%2Fb"'),
}


def run(name: str, event: Any) -> Any:
    return aws(name.partition("/")[0], event)


def test_every_event_has_an_expectation_here() -> None:
    others = {name for name in corpus("aws") if not name.startswith("api/")}
    assert set(corpus("aws")) == {*ANSWERS, *others}


@pytest.mark.parametrize("name", ANSWERS)
def test_http(folder: Any, name: str) -> None:
    reply = run(name, load("aws", name))
    status, text = ANSWERS[name]
    assert reply["statusCode"] == status
    assert text in reply["body"]
    assert reply["isBase64Encoded"] is False


def test_the_authorizer_lets_pass_and_says_who(folder: Any) -> None:
    event = load("aws", "authorizer/request")
    assert run("authorizer/", event) == {"isAuthorized": True, "context": {"trefoil_refused": True}}
    made = token()
    event["headers"]["Authorization"] = f"Bearer {made}"
    del event["headers"]["authorization"]
    issued = str(jwt.decode(made, options={"verify_signature": False})["iat"])
    context = {"trefoil_user": "podge", "trefoil_issued": issued}
    assert run("authorizer/", event) == {"isAuthorized": True, "context": context}


def token() -> str:
    made_by = services()
    config = made_by.config
    return mint(made_by.keyring, made_by.clock, issuer=config.issuer, audience=config.audience, subject="podge")


@pytest.mark.parametrize("name", ["ingest/s3-direct", "ingest/s3-through-sqs"])
def test_an_object_is_ingested(reports: Any, name: str) -> None:
    for _ in range(2):
        assert run(name, load("aws", name)) == {"batchItemFailures": []}
    (report,) = reports()
    assert (report["key"], report["accepted"]) == (KEY, 1)


def test_an_encoded_key_is_decoded(reports: Any, folder: Any) -> None:
    (folder / "store" / "incoming" / "Account17" / "a b+ü.csv").write_bytes(b"")
    run("ingest/", load("aws", "ingest/s3-direct-encoded-key"))
    assert [report["key"] for report in reports()] == ["incoming/Account17/a b+ü.csv"]


@pytest.mark.parametrize("name", ["ingest/s3-test-event", "ingest/s3-test-event-through-sqs"])
def test_the_test_event_of_s3_is_passed_over(reports: Any, name: str) -> None:
    assert run(name, load("aws", name)) == {"batchItemFailures": []}
    assert reports() == []


def test_of_two_messages_only_the_bad_one_comes_again(reports: Any) -> None:
    name = "ingest/sqs-one-bad-of-two"
    assert run(name, load("aws", name)) == {"batchItemFailures": [{"itemIdentifier": "bad-message"}]}
    assert len(reports()) == 1


def test_a_batch_of_one_account_is_one_commit(reports: Any, folder: Any) -> None:
    event = load("aws", "ingest/s3-through-sqs")
    (record,) = event["Records"]
    for number in range(10):
        content = f"point,start,version,kwh\n1012345678903,2026-02-{number + 1:02}T00:00:00Z,1,1\n"
        (folder / "store" / "incoming" / "Account17" / f"{number}.csv").write_text(content)
    event["Records"] = [
        {**record, "messageId": str(number), "body": record["body"].replace("readings.csv", f"{number}.csv")}
        for number in range(10)
    ]
    assert run("ingest/", event) == {"batchItemFailures": []}
    assert [report["landed"] for report in reports()] == [1] * 10
    log = (folder / "store/readings/Account17/_delta_log").iterdir()
    assert sorted(path.name for path in log) == [f"{version:020}.json" for version in range(2)]  # the table's, theirs


def test_an_event_of_another_kind_is_an_error_that_names_it(folder: Any) -> None:
    with pytest.raises(UnknownEvent, match=r"ObjectRemoved:Delete is no event of this trigger's; subscribe to"):
        run("ingest/", load("aws", "ingest/s3-removed"))


def test_a_failed_direct_event_is_raised_so_that_lambda_tries_again(folder: Any) -> None:
    (folder / "store" / "readings").write_text("in the way")
    with pytest.raises(TrefoilError, match="did not serve readings/Account17"):
        run("ingest/", load("aws", "ingest/s3-direct"))


def test_a_dead_letter_is_buried(buried: Any) -> None:
    for _ in range(2):
        run("bury_ingest/", load("aws", "bury_ingest/sqs-dead-letter"))
    (letter,) = buried()
    assert (letter["function"], letter["event"], letter["attempts"]) == ("ingest", {"key": KEY}, 5)


def test_a_dead_letter_that_is_no_event_is_buried_as_it_came(buried: Any) -> None:
    run("bury_ingest/", load("aws", "bury_ingest/sqs-not-an-event"))
    (letter,) = buried()
    assert letter["event"] == {"native": "not even JSON"}
    assert "the message is not JSON" in letter["error"]


@pytest.mark.parametrize("where", ["rawPath", "rawQueryString", "body", "header", "cookie"])
def test_half_a_character_in_a_request_is_an_error_that_shows_it(folder: Any, where: str) -> None:
    event = load("aws", "api/http-api-authorized")
    if where == "header":
        event["headers"]["x-request-id"] = "a\ud800"
    elif where == "cookie":
        event["cookies"] = ["a\ud800"]
    else:
        event[where] = "/a\ud800"
    with pytest.raises(UnknownEvent, match=r"'\\ud800' at character \d+ is no whole character"):
        run("api/", event)


def test_a_message_with_half_a_character_fails_alone_and_is_buried_as_it_came(buried: Any) -> None:
    def batch(body: str) -> dict[str, Any]:
        return {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": body}]}

    for function in ("jobs/", "ingest/"):
        assert run(function, batch('{"job":"\ud800"}')) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    for function in ("bury_jobs/", "bury_ingest/"):
        assert run(function, batch('{"job":"\ud800"}')) == {"batchItemFailures": []}
    assert [letter["event"] for letter in buried()] == [{"native": '{"job":"\\ud800"}'}] * 2


def test_a_letter_that_cannot_be_written_stays_in_the_queue(folder: Any) -> None:
    (folder / "store" / "dead-letters").write_text("in the way")
    failed = run("bury_ingest/", load("aws", "bury_ingest/sqs-dead-letter"))["batchItemFailures"]
    assert failed == [{"itemIdentifier": "059f36b4-87a3-44ab-83d2-661975830a7d"}]


def test_a_step_is_done(folder: Any) -> None:
    event = load("aws", "settle/state")
    assert run("settle/", event) == {"incomplete": [], "missing": 0}
    with pytest.raises(Exception, match="no step 'former' any more") as failed:
        run("settle/", {**event, "step": "former"})
    assert type(failed.value).__name__ == "internal"  # by which Step Functions knows it


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("", None),
        ("no_contract", "no_contract"),
        ("States.Timeout", "timeout"),
        ("Sandbox.Timedout", "timeout"),
        ("Lambda.TooManyRequestsException", "unavailable"),
        ("Runtime.ExitError", "unavailable"),
        ("States.DataLimitExceeded", "internal"),
    ],
)
def test_the_end_of_a_run_is_noted_by_a_code_of_core_s(folder: Any, error: str, code: str | None) -> None:
    given = {"account": "A", "month": "2025-10", "estimate": False}
    created = runs.create(services(), Run("settle", "A", "1"), given)
    assert run("settle/", {"run": "A/1", "end": error}) is None
    ended = runs.get(services().documents, Run("settle", "A", "1"))
    assert ended is not None
    assert (ended["error"] and ended["error"]["code"]) == code
    assert ended["requested"] == created["requested"]


def test_the_schedule_that_settles_is_off(folder: Any, jobs_queue: QueueStandIn) -> None:
    assert run("settle_monthly/", load("aws", "settle_monthly/scheduler")) == {"batch": None}
    assert jobs_queue.sent == []


def test_without_mail_the_schedule_of_alerts_asks_for_nothing(folder: Any, jobs_queue: QueueStandIn) -> None:
    assert run("alert/", load("aws", "alert/scheduler")) == {"accounts": None}
    assert jobs_queue.sent == []


@pytest.mark.parametrize("form", ["scheduler", "eventbridge-rule"])
def test_the_schedule_asks_for_the_days_forecast(folder: Any, jobs_queue: QueueStandIn, form: str) -> None:
    day = run("forecast/", load("aws", f"forecast/{form}"))["date"]
    assert jobs_queue.sent == [("jobs", f'{{"job":"forecast","date":"{day}"}}')]


@pytest.mark.parametrize("form", ["scheduler", "eventbridge-rule"])
def test_the_schedule_asks_for_the_upkeep_of_every_account(folder: Any, jobs_queue: QueueStandIn, form: str) -> None:
    run("ingest/", load("aws", "ingest/s3-direct"))
    done = run("maintain/", load("aws", f"maintain/{form}"))
    assert done == {"accounts": 1, "expired_letters": 0, "expired_exports": 0}
    assert jobs_queue.sent == [("jobs", '{"job":"maintain","account":"Account17"}')]


def test_a_job_is_done(folder: Any) -> None:
    assert run("jobs/", load("aws", "jobs/sqs")) == {"batchItemFailures": []}


def test_of_two_jobs_only_the_bad_one_comes_again(folder: Any) -> None:
    done = run("jobs/", load("aws", "jobs/sqs-one-bad-of-two"))
    assert done == {"batchItemFailures": [{"itemIdentifier": "bad-message"}]}


def test_a_dead_job_is_buried(buried: Any) -> None:
    for _ in range(2):
        run("bury_jobs/", load("aws", "bury_jobs/sqs-dead-letter"))
    (letter,) = buried()
    assert (letter["function"], letter["event"]) == ("jobs", {"job": "maintain", "account": "Account17"})


def test_a_dead_message_that_is_no_job_is_buried_as_it_came(buried: Any) -> None:
    run("bury_jobs/", load("aws", "bury_jobs/sqs-not-a-job"))
    (letter,) = buried()
    assert (letter["function"], letter["event"]) == ("jobs", {"native": "not even JSON"})


# A step's event is the workflow's own: what is wrong with one is told by its code (tests/core/kernel/workflow).
@pytest.mark.parametrize("name", [name for name in corpus("aws") if not name.startswith("settle/")])
def test_a_malformed_event_is_an_unknown_event_or_harmless(folder: Any, name: str) -> None:
    refused = 0
    for what, event in malformed(load("aws", name)):
        try:
            json.dumps(run(name, event))
        except UnknownEvent as error:
            refused += 1
            assert "the event has:" in str(error) or "no event" in str(error) or "base64" in str(error), what
    assert refused > 0


@pytest.mark.parametrize("event", [None, [], "text", 5, {}, {"Records": None}, {"hello": "there"}])
@pytest.mark.parametrize("function", list(FUNCTIONS.every))
def test_what_is_no_event_at_all_is_named(folder: Any, function: str, event: Any) -> None:
    with pytest.raises(UnknownEvent, match="the event has: "):
        aws(function, event)


@pytest.mark.parametrize("name", [name for name in corpus("aws") if name != "ingest/s3-removed"])
def test_fields_that_are_added_later_change_nothing(folder: Any, name: str) -> None:
    first, later = (run(name, event) for event in (load("aws", name), extended(load("aws", name))))
    for reply in (first, later):
        reply.get("headers", {}).pop("X-Request-Id", None)
        reply.pop("body", None)  # it may hold the request's id
    assert first == later


@pytest.mark.parametrize("character", ['"', "\\", "\u00e9", "\u6f22", "\U0001f4a1", "\x00", "x"])
def test_an_answer_of_4_mib_fits_into_lambdas_6_mb_whatever_it_holds(character: str) -> None:
    for size in (MAX_RESPONSE_BODY, LARGEST_TEXT + 1, LARGEST_TEXT):
        encoded = character.encode()
        body = (encoded * (size // len(encoded) + 1))[:size]
        reply = _reply(Response(200, (), body))
        # As the runtime interface client writes it; 6,291,556 bytes are what Lambda takes.
        assert len(to_json(reply).encode()) < 6_291_556
        content = reply["body"]
        assert (base64.b64decode(content) if reply["isBase64Encoded"] else content.encode()) == body


def test_cookies_come_and_go_one_by_one() -> None:
    event = msgspec.convert(load("aws", "api/http-api-cookies-and-joined-headers"), HttpEvent)
    assert _request(event, "1").header("cookie") == "; ".join(event.cookies or ())
    assert len(event.cookies or ()) > 1
    cookies = ("a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2")
    reply = _reply(Response(200, (("X-A", "1"), *(("Set-Cookie", one) for one in cookies), ("X-A", "2")), b""))
    assert reply["cookies"] == list(cookies)
    assert reply["headers"] == {"X-A": "1, 2"}


def test_what_the_authorizer_cannot_judge_is_left_to_the_api(folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the gateway would answer 500 for the public routes too."""
    event = load("aws", "authorizer/request")
    event["headers"] = {"authorization": f"Bearer {token()}"}
    api = load("aws", "api/http-api-get")
    monkeypatch.setenv("TREFOIL_SIGNING_KEY", "ssm:/nobody/knows")
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOBODY)
    forget()
    verdict = run("authorizer/", event)
    assert verdict == {"isAuthorized": True, "context": {}}
    api["headers"] = event["headers"]
    api["requestContext"]["authorizer"] = {"lambda": verdict["context"]}
    assert run("api/", api)["statusCode"] == 200
    api["rawPath"] = "/api/me"
    assert run("api/", api)["statusCode"] == 503


def test_a_function_that_the_set_does_not_have_is_named_at_the_start() -> None:
    with pytest.raises(NoSuchFunction, match="there is no function 'nothing'; there are api, authorizer, ingest, jobs"):
        aws("nothing", {})
