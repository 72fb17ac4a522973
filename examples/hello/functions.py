"""Says hello, counts the rows of dropped CSV files, keeps notes that are sent to a queue, and sums up at 03:00 UTC.

Deliveries come at least once and in any order, so each handler writes what the same event would write again.
"""

from __future__ import annotations

import csv
import io
from hashlib import sha256
from typing import Annotated, Any

import msgspec
import obstore

from core.kernel.api.context import ANYONE, Answer, Call, Route
from core.kernel.events import Due, ObjectCreated, UnknownEvent
from core.kernel.functions import Function, FunctionSet
from core.kernel.http import Response, json_response
from core.kernel.services import Services
from core.kernel.store import failures
from core.kernel.triggers import Http, Object, Queue, Schedule


class Name(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] = "world"


class Greeting(msgspec.Struct):
    message: str


class Note(msgspec.Struct):
    text: str


def hello(call: Call) -> Response:
    return json_response({"message": f"Hello {call.query.name}"})


def count(services: Services, event: ObjectCreated) -> dict[str, Any]:
    """The rows of a CSV, without its head, into a document named as the file; then a note of it to the queue."""
    with failures(event.key):
        content = obstore.get(services.store.client, event.key).bytes()
    rows = max(0, sum(1 for _ in csv.reader(io.StringIO(bytes(content).decode()))) - 1)
    services.documents.put(f"counts/{event.key}.json", {"key": event.key, "rows": rows})
    services.send("notes", Note(f"{event.key} has {rows} rows"))
    return {"key": event.key, "rows": rows}


def keep(services: Services, message: bytes) -> dict[str, Any]:
    """A note, into a document named by its text. What is no note becomes a dead letter."""
    try:
        text = msgspec.json.decode(message, type=Note).text
    except msgspec.MsgspecError as error:
        raise UnknownEvent(f"the message is no note: {error}") from None
    services.documents.put(f"notes/{sha256(text.encode()).hexdigest()[:16]}.json", {"text": text})
    return {"text": text}


def summarize(services: Services, due: Due) -> dict[str, Any]:
    """How many rows there are in all, into a document of the day."""
    total = sum(one["rows"] for one in services.documents.values("counts"))
    day = due.at.date().isoformat()
    services.documents.put(f"summaries/{day}.json", {"day": day, "rows": total})
    return {"day": day, "rows": total}


FUNCTIONS = FunctionSet(
    title="Hello",
    routes=(Route("GET", "/api/hello", hello, "Say hello", {200: Answer("A greeting", Greeting)}, ANYONE, query=Name),),
    functions=(
        Function("web", Http(), description="The API"),
        Function("count", Object("incoming/"), count, "Counts the rows of a file"),
        Function("keep", Queue("notes"), keep, "Keeps a note"),
        Function("summarize", Schedule("0 3 * * *"), summarize, "Sums up the day"),
    ),
)
