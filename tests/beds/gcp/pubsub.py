"""Pub/Sub push subscriptions on this machine: at least once, unordered, with backoff and dead-letter topics."""

from __future__ import annotations

import base64
import itertools
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from queue import SimpleQueue
from urllib.parse import urlsplit

PUSHES = 8
LONGEST_BACKOFF = 600.0
ACKNOWLEDGED = {102, 200, 201, 202, 204}
HEADERS = {"Content-Type": "application/json", "User-Agent": "APIs-Google"}


@dataclass(frozen=True)
class Message:
    """A published message, as every subscription gets it."""

    message_id: str
    published: datetime
    data: bytes
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Subscription:
    """A push subscription; the dead-letter policy is set when there are `attempts`."""

    topic: str
    name: str
    endpoint: str
    attempts: int | None
    dead_letter_topic: str | None
    backoff: float
    ack_deadline: float


Waiting = SimpleQueue[tuple[Message, int] | None]  # with the number of the delivery; None ends a pusher


class PubSub:
    """Topics exist once they are named; as in the real one, a message to a topic without a subscription is dropped."""

    def __init__(self, project: str = "local") -> None:
        self._project = project
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._queues: dict[str, tuple[Subscription, Waiting]] = {}
        self._closed = threading.Event()

    def subscribe(
        self,
        topic: str,
        subscription: str,
        endpoint: str,
        *,
        attempts: int | None = None,
        dead_letter_topic: str | None = None,
        backoff: float = 0.2,
        ack_deadline: float = 600,
    ) -> None:
        """Push what is published to `topic` from now on; after `attempts` deliveries it goes to `dead_letter_topic`."""
        if (attempts is None) != (dead_letter_topic is None):
            raise ValueError("attempts and dead_letter_topic make up the dead-letter policy: give both or none")
        made = Subscription(topic, subscription, endpoint, attempts, dead_letter_topic, backoff, ack_deadline)
        waiting: Waiting = SimpleQueue()
        with self._lock:
            if subscription in self._queues:
                raise ValueError(f"there is a subscription {subscription!r} already")
            self._queues[subscription] = (made, waiting)
        for _ in range(PUSHES):
            threading.Thread(target=self._push_all, args=(made, waiting), name=subscription, daemon=True).start()

    def publish(self, topic: str, data: bytes, attributes: Mapping[str, str] = {}) -> str:
        """The message id; pushing goes on in the background."""
        message = Message(str(next(self._ids)), datetime.now(UTC), data, dict(attributes))
        with self._lock:
            waiting = [its_queue for held, its_queue in self._queues.values() if held.topic == topic]
        for its_queue in waiting:
            its_queue.put((message, 1))
        return message.message_id

    def close(self) -> None:
        """No push starts from now on; what was not acknowledged is lost. Safe to call twice."""
        self._closed.set()
        with self._lock:
            for _, waiting in self._queues.values():
                for _ in range(PUSHES):
                    waiting.put(None)

    def _push_all(self, subscription: Subscription, waiting: Waiting) -> None:
        while (delivery := waiting.get()) is not None and not self._closed.is_set():
            message, attempt = delivery
            if self._push(subscription, message, attempt):
                continue
            if subscription.dead_letter_topic is not None and attempt >= (subscription.attempts or 0):
                self._bury(subscription, message, attempt, subscription.dead_letter_topic)
            else:
                seconds = min(subscription.backoff * 2 ** min(attempt - 1, 30), LONGEST_BACKOFF)
                timer = threading.Timer(seconds, waiting.put, [(message, attempt + 1)])
                timer.daemon = True
                timer.start()

    def _push(self, subscription: Subscription, message: Message, attempt: int) -> bool:
        """Whether the endpoint acknowledged."""
        body = json.dumps(self._body(subscription, message, attempt)).encode()
        url = urlsplit(subscription.endpoint)
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
        connection = kind(url.hostname or "", url.port, timeout=subscription.ack_deadline)
        try:
            connection.request("POST", target, body, HEADERS)
            with connection.getresponse() as response:
                response.read()
                return response.status in ACKNOWLEDGED
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _body(self, subscription: Subscription, message: Message, attempt: int) -> dict[str, object]:
        published = message.published.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        inner = {"data": base64.b64encode(message.data).decode(), "attributes": dict(message.attributes)}
        inner |= dict.fromkeys(("messageId", "message_id"), message.message_id)
        inner |= dict.fromkeys(("publishTime", "publish_time"), published)
        wrapped: dict[str, object] = {
            "message": inner,
            "subscription": f"projects/{self._project}/subscriptions/{subscription.name}",
        }
        return wrapped if subscription.attempts is None else {**wrapped, "deliveryAttempt": attempt}

    def _bury(self, subscription: Subscription, message: Message, attempt: int, topic: str) -> None:
        source = "CloudPubSubDeadLetterSource"
        added = {
            f"{source}DeliveryCount": str(attempt),
            f"{source}Subscription": subscription.name,
            f"{source}SubscriptionProject": self._project,
            f"{source}TopicPublishTime": message.published.isoformat(timespec="milliseconds"),
        }
        self.publish(topic, message.data, {**message.attributes, **added})
