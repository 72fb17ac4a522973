"""Limits at their edges: bodies, headers, paths, answers."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from core.energy.ingest import reports
from core.kernel.documents import Documents
from core.kernel.http import MAX_RESPONSE_BODY
from tests.contract.system import System
from tests.contract.test_http import assert_problem

MIB = 1024 * 1024


@pytest.mark.parametrize("size", [MIB + 1, 4 * MIB, 4 * MIB + 1], ids=["1 MiB + 1", "4 MiB", "4 MiB + 1"])
@pytest.mark.parametrize("byte", [b" ", b"\xff"], ids=["text", "binary"])
def test_a_body_over_1_mib_is_413(system: System, size: int, byte: bytes) -> None:
    problem = assert_problem(system.send("POST", "/api/login", content=byte * size), 413)
    assert "1048576 bytes" in str(problem["detail"])


def test_a_body_of_1_mib_is_read(system: System) -> None:
    assert_problem(system.send("POST", "/api/login", content=b" " * MIB), 400)


def test_a_body_sent_in_chunks_is_read(system: System, differing: Callable[[str, Any], Any]) -> None:
    chunks = iter([b'{"user":"nobody",', b'"password":"wrong wrong"}'])
    status = differing("a body sent in chunks", 401)
    assert_problem(system.send("POST", "/api/login", content=chunks), status)


@pytest.mark.parametrize("coding", ["gzip", "br", "GZIP", "gzip, gzip"])
def test_a_compressed_body_is_415(system: System, coding: str) -> None:
    body = gzip.compress(b'{"user":"podge","password":"x"}')
    reply = system.send("POST", "/api/login", content=body, headers={"Content-Encoding": coding})
    assert_problem(reply, 415)
    assert reply.headers["accept-encoding"] == "identity"


def test_a_body_said_to_be_as_it_is_is_read(system: System) -> None:
    body = b'{"user":"nobody","password":"wrong wrong"}'
    reply = system.send("POST", "/api/login", content=body, headers={"Content-Encoding": "identity"})
    assert_problem(reply, 401)


def test_a_path_of_2000_characters_is_404(system: System) -> None:
    assert_problem(system.get("/api/products/" + "x" * 2000), 404)


def test_a_query_of_2000_characters_is_422(system: System) -> None:
    assert_problem(system.get("/api/hello", name="x" * 2000), 422)


def test_a_header_of_4000_bytes_is_passed(system: System) -> None:
    assert system.send("GET", "/api/hello", headers={"X-Anything": "x" * 4000}).status_code == 200


def test_forty_headers_are_passed(system: System) -> None:
    headers = {f"X-Header-{number}": str(number) for number in range(40)}
    assert system.send("GET", "/api/hello", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "text", ['"', "\\", "\u00e9", "\u6f22", "x"], ids=["quotes", "backslashes", "latin", "chinese", "plain"]
)
def test_an_answer_of_nearly_4_mib_arrives_whole(system: System, account: str, text: str) -> None:
    """Some gateways take answers inside of JSON, where such characters grow."""
    documents = Documents(system.harness.store)
    report = system.ingest(account, "a.csv", "point,start,version,kwh\n")
    for number in range(70):
        name = f"20200101T000000{number:06}-0000000000000000"
        column = text * (30_000 // len(text.encode()))
        documents.put(reports.path(account, name), {**report, "id": name, "ignored_columns": [column, column]})
    reply = system.get(f"/api/accounts/{account}/ingestions", "rita")
    assert reply.status_code == 200
    assert MAX_RESPONSE_BODY - 512 * 1024 < len(reply.content) <= MAX_RESPONSE_BODY
    assert {report["ignored_columns"][0] for report in reply.json()["ingestions"][1:]} == {column}
    assert reply.json()["next"]
