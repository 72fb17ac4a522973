"""The host's queue triggers."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

from azure.core.exceptions import AzureError, ResourceExistsError
from azure.storage.queue import QueueClient, QueueMessage

from tests.beds.azure.functions_link import Function, Outcome

LOOK_EVERY = 0.1
BATCH = 16
AT_ONCE = 8
HIDDEN = 600
"""Seconds a message stays hidden from others while it is being processed."""

Invoke = Callable[[Function, Any, Mapping[str, Any]], Outcome]


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """`extensions.queues` of host.json."""

    base64: bool
    max_dequeue_count: int
    visibility_timeout: int


class QueueTrigger:
    """Invokes a function for each message of its queue, up to 8 at once, until `close`.

    A message goes when the function succeeded; else it is visible again after the timeout, and goes to
    `<queue>-poison` after the last attempt, as does one that is not base64. Both queues are created when missing.
    """

    def __init__(self, function: Function, connection_string: str, settings: QueueSettings, invoke: Invoke) -> None:
        self._function = function
        self._settings = settings
        self._invoke = invoke
        name = function.trigger["queueName"]
        self._queue = QueueClient.from_connection_string(connection_string, name)
        # The SDK makes none for a queue of that name (QueueListenerFactory.CreatePoisonQueueReference).
        is_poison = name.endswith("-poison")
        self._poison = None if is_poison else QueueClient.from_connection_string(connection_string, f"{name}-poison")
        for one in filter(None, (self._queue, self._poison)):
            with suppress(ResourceExistsError):
                one.create_queue()
        self._running: set[Future[None]] = set()
        self._workers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=f"queue-{name}")
        self._stop = Event()
        self._thread = Thread(target=self._run, name=f"queue-{name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more messages; those under way are left to reappear."""
        self._stop.set()
        self._thread.join()
        self._workers.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Return when nothing runs any more; safe to call twice."""
        self.stop()
        self._workers.shutdown()
        self._queue.close()
        if self._poison is not None:
            self._poison.close()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY):
            self._running = {future for future in self._running if not future.done()}
            room = BATCH - len(self._running)
            # The service may be down for a while; the next look may succeed.
            with suppress(AzureError):
                if room:
                    for message in self._queue.receive_messages(max_messages=room, visibility_timeout=HIDDEN):
                        self._running.add(self._workers.submit(self._process, message))

    def _process(self, message: QueueMessage) -> None:
        """Deal with a message to its end; one that the service won't let us finish will reappear."""
        with suppress(AzureError):
            attempts = message.dequeue_count or 1
            content = self._content(message)
            if content is None or attempts > self._settings.max_dequeue_count:
                self._bury(message)
                return
            outcome = self._invoke(self._function, content, _metadata(message, content))
            if self._stop.is_set():
                return
            if outcome.ok:
                self._queue.delete_message(message)
            elif attempts >= self._settings.max_dequeue_count:
                self._bury(message)
            else:
                self._queue.update_message(message, visibility_timeout=self._settings.visibility_timeout)

    def _content(self, message: QueueMessage) -> str | bytes | None:
        """Text if it is UTF-8, else bytes; None when it is not encoded as it should be."""
        if not self._settings.base64:
            return str(message.content)
        try:
            content = b64decode(message.content, validate=True)
        except ValueError:
            return None
        try:
            return content.decode()
        except UnicodeDecodeError:
            return content

    def _bury(self, message: QueueMessage) -> None:
        if self._poison is None:
            self._queue.update_message(message, visibility_timeout=self._settings.visibility_timeout)
            return
        self._poison.send_message(message.content)
        self._queue.delete_message(message)


def _metadata(message: QueueMessage, content: str | bytes) -> dict[str, Any]:
    times = {
        "InsertionTime": message.inserted_on,
        "ExpirationTime": message.expires_on,
        "NextVisibleTime": message.next_visible_on,
    }
    return {
        "Id": message.id,
        "DequeueCount": message.dequeue_count,
        "PopReceipt": message.pop_receipt,
        "QueueTrigger": content,
        **{name: moment.isoformat() for name, moment in times.items() if moment},
    }
