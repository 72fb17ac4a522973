"""Jobs on their way to SQS: a queue that is not there, does not know us, or is none."""

from __future__ import annotations

import os

import pytest

from adapters.aws.calls import SqsQueues
from core.kernel.config import ConfigError
from core.kernel.errors import Code, TrefoilError
from tests.beds.processes import NOBODY
from tests.contract.system import Harness
from tools.queue_stand_in import QueueStandIn

MESSAGE = b'{"job":"maintain","account":"A"}'


def urls(harness: Harness) -> str:
    return str(harness._queues["jobs"][0]).removesuffix("jobs")  # type: ignore[attr-defined]


def test_a_queue_that_does_not_know_us_is_unavailable(harness: Harness) -> None:
    stranger = {**os.environ, "AWS_ACCESS_KEY_ID": "AKIASTRANGER"}
    with pytest.raises(TrefoilError) as caught:
        SqsQueues(urls(harness), stranger).send("jobs", MESSAGE)
    assert caught.value.code is Code.UNAVAILABLE
    assert "sqs answered 403" in str(caught.value.__cause__)


@pytest.mark.parametrize("where", [f"{NOBODY}/000000000000/", None])
def test_a_queue_that_is_not_there_is_unavailable(harness: Harness, where: str | None) -> None:
    missing = where or f"{urls(harness)}missing-"
    with pytest.raises(TrefoilError, match="the queue jobs did not take the message"):
        SqsQueues(missing, os.environ).send("jobs", MESSAGE)


@pytest.mark.parametrize("value", ["", "jobs", "arn:aws:sqs:eu-west-2:123456789012:jobs", "https://sqs/jobs"])
def test_what_is_no_queue_is_named_at_the_start(value: str) -> None:
    with pytest.raises(ConfigError, match=f"TREFOIL_QUEUES: '{value}' is not the beginning of the URL of an SQS queue"):
        SqsQueues(value, {})


def test_a_connection_that_is_lost_once_is_nothing_to_bother_a_user_with() -> None:
    queue = QueueStandIn(lose=1)
    environment = queue.environment("aws")
    SqsQueues(environment["TREFOIL_QUEUES"], environment).send("jobs", MESSAGE)
    queue.close()
    assert queue.sent == [("jobs", MESSAGE.decode())]
