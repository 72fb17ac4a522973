"""A short contract of `examples/hello`, the same on every provider: http, an object, a queue, a schedule."""

from __future__ import annotations

from typing import Any

import httpx

from core.kernel.clock import system_clock
from core.kernel.dead_letters import DeadLetters
from core.kernel.documents import Documents
from tests.contract.system import Harness, System
from tools.waiting import eventually


def kept(hello: Harness, prefix: str) -> list[Any]:
    return list(Documents(hello.store).values(prefix))


def test_it_says_hello(client: httpx.Client) -> None:
    assert client.get("/api/hello?name=Tim").json() == {"message": "Hello Tim"}
    assert client.get("/api/hello").json() == {"message": "Hello world"}
    assert client.get("/api/hello?nome=Tim").status_code == 422


def test_its_page_lists_its_own_routes_beside_the_kernels(client: httpx.Client) -> None:
    page = client.get("/api/openapi.json").json()
    assert page["info"]["title"] == "Hello"
    assert {"/api/hello", "/api/health", "/api/login", "/api/me"} <= set(page["paths"])
    assert not [path for path in page["paths"] if "account" in path]
    assert client.get("/api/me").status_code == 401


def test_its_page_for_people_has_its_title(client: httpx.Client) -> None:
    page = client.get("/api/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<title>Hello: the API</title>" in page.text


def test_a_file_is_counted_and_a_note_of_it_goes_through_the_queue(hello: Harness) -> None:
    hello.drop("incoming/people.csv", b"name,town\nTim,Leeds\nAda,London\n")
    count = {"key": "incoming/people.csv", "rows": 2}
    eventually("the count", lambda: count in kept(hello, "counts"))
    note = {"text": "incoming/people.csv has 2 rows"}
    eventually("the note", lambda: note in kept(hello, "notes"))


def test_the_same_file_announced_again_changes_nothing(hello: Harness) -> None:
    hello.drop("incoming/twice.csv", b"name\nTim\n")
    eventually("the count", lambda: {"key": "incoming/twice.csv", "rows": 1} in kept(hello, "counts"))
    hello.announce("incoming/twice.csv")
    hello.drop("incoming/after.csv", b"name\n")
    eventually("the count", lambda: {"key": "incoming/after.csv", "rows": 0} in kept(hello, "counts"))
    assert [one["rows"] for one in kept(hello, "counts") if one["key"] == "incoming/twice.csv"] == [1]


def test_a_message_that_is_no_note_becomes_a_dead_letter_and_holds_up_no_other(system: System) -> None:
    hello, letters = system.harness, DeadLetters(Documents(system.harness.store), system_clock)
    hello.send("notes", b"this is no note")
    hello.send("notes", b'{"text":"after it"}')
    eventually("the note", lambda: {"text": "after it"} in kept(hello, "notes"))
    letter = eventually("the dead letter", letters.every)[0]
    assert (letter["function"], letter["event"]) == ("keep", {"native": "this is no note"})
    assert letter["attempts"] == 5
    chosen = {"TREFOIL_FUNCTIONS": "examples.hello"}
    assert letter["id"] in system.operate("dead-letters", "list", variables=chosen)
    said = system.operate("dead-letters", "replay", letter["id"], fails=True, variables=chosen)
    assert "the message is no note" in said


def test_the_schedule_sums_up_the_day(hello: Harness) -> None:
    hello.drop("incoming/summed.csv", b"name\nTim\nAda\nBob\n")
    eventually("the count", lambda: {"key": "incoming/summed.csv", "rows": 3} in kept(hello, "counts"))
    hello.fire("summarize")

    def summed() -> bool:
        return any(one["rows"] >= 3 for one in kept(hello, "summaries"))

    eventually("the summary", summed)
