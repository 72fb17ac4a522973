"""Dead letters: events that failed five times, kept until they are replayed or removed."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from core.clock import Clock, rfc3339
from core.documents import Documents

PREFIX = "dead-letters"


class DeadLetters:
    """A document for each, named by its content, so that burying the same event twice keeps one."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    def add(self, function: str, event: dict[str, Any], *, attempts: int, error: str) -> str:
        letter_id = sha256(repr((function, sorted(event.items()))).encode()).hexdigest()[:12]
        letter = {
            "id": letter_id,
            "function": function,
            "event": event,
            "attempts": attempts,
            "error": error,
            "at": rfc3339(self._clock()),
        }
        self._documents.put(_path(letter_id), letter)
        return letter_id

    def every(self) -> list[dict[str, Any]]:
        return list(self._documents.values(PREFIX))

    def get(self, letter_id: str) -> dict[str, Any] | None:
        document = self._documents.get(_path(letter_id)) if letter_id.isalnum() else None
        return None if document is None else dict(document.value)

    def remove(self, letter_id: str) -> None:
        """Take a letter away: what it was about is due again, since no report says that it is done."""
        self._documents.delete(_path(letter_id))

    def events(self) -> set[str]:
        """The keys of the objects that are dead letters."""
        return {letter["event"].get("key", "") for letter in self.every()}


def _path(letter_id: str) -> str:
    return f"{PREFIX}/{letter_id}.json"
