"""Dead letters: events that failed five times, kept for 14 days unless they are replayed."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from core import logs
from core.clock import Clock, rfc3339
from core.documents import Documents

PREFIX = "dead-letters"
KEPT = timedelta(days=14)

log = logs.logger("trigger")


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
        """All letters that have not expired; one that can't be read is logged and passed over."""
        letters = []
        for path in self._documents.list(PREFIX):
            try:
                document = self._documents.get(path)
                if document is None:
                    continue
                if datetime.fromisoformat(document.value["at"]) < self._clock() - KEPT:
                    self._documents.delete(path)
                else:
                    letters.append(document.value)
            except (ValueError, KeyError, TypeError) as error:
                logs.warning(log, "not a dead letter", path=path, error=repr(error))
        return letters

    def get(self, letter_id: str) -> dict[str, Any] | None:
        document = self._documents.get(_path(letter_id)) if letter_id.isalnum() else None
        return None if document is None else dict(document.value)

    def remove(self, letter_id: str) -> None:
        """Take a letter away: what it was about is due again, since no report says that it is done."""
        self._documents.delete(_path(letter_id))

    def revisions(self) -> set[tuple[str, str]]:
        """Key and revision of the objects that are dead letters; a replaced object is another one."""
        return {(letter["event"].get("key", ""), letter["event"].get("revision", "")) for letter in self.every()}


def _path(letter_id: str) -> str:
    return f"{PREFIX}/{letter_id}.json"
