"""Jobs on their way to Pub/Sub: a topic that can't be reached, nobody to be, or no topic at all."""

from __future__ import annotations

import pytest
from obstore.store import MemoryStore

from adapters.gcp.publisher import PubSubQueues
from adapters.gcp.signer import GcsSigner
from core.kernel.clock import system_clock
from core.kernel.config import ConfigError
from core.kernel.errors import Code, TrefoilError
from core.kernel.store import Store
from tools.queue_stand_in import QueueStandIn

TOPICS = "projects/local/topics/trefoil-"
MESSAGE = b'{"job":"maintain","account":"A"}'


def test_a_topic_that_cannot_be_reached_is_unavailable() -> None:
    with pytest.raises(TrefoilError, match="the queue jobs did not take the message") as caught:
        PubSubQueues(TOPICS, {"PUBSUB_EMULATOR_HOST": "127.0.0.1:9"}).send("jobs", MESSAGE)
    assert caught.value.code is Code.UNAVAILABLE


def test_a_connection_that_is_lost_once_is_nothing_to_bother_a_user_with() -> None:
    queue = QueueStandIn(lose=1)
    PubSubQueues(TOPICS, {"PUBSUB_EMULATOR_HOST": queue.host}).send("jobs", MESSAGE)
    queue.close()
    assert queue.sent == [("trefoil-jobs", MESSAGE.decode())]


def test_signing_without_an_identity_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/no/such/file.json")
    with pytest.raises(TrefoilError, match="the URL can't be signed") as caught:
        GcsSigner(Store("gs://bucket", MemoryStore()), system_clock).download("a", "a.csv")
    assert caught.value.code is Code.UNAVAILABLE


def test_without_an_identity_it_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/no/such/file.json")
    with pytest.raises(TrefoilError) as caught:
        PubSubQueues(TOPICS, {}).send("jobs", MESSAGE)
    assert "/no/such/file.json" in str(caught.value.__cause__)


@pytest.mark.parametrize("value", ["", "jobs", "topics/jobs", "projects/p/topics/1", "projects/p/subscriptions/jobs"])
def test_what_is_no_topic_is_named_at_the_start(value: str) -> None:
    with pytest.raises(ConfigError, match=f"TREFOIL_QUEUES: '{value}' is not the beginning of a topic"):
        PubSubQueues(value, {})
