"""Limits at their edges: bodies, headers, paths, answers."""

from __future__ import annotations

import gzip

import pytest

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


def test_a_body_sent_in_chunks_is_read(system: System) -> None:
    chunks = iter([b'{"user":"nobody",', b'"password":"wrong wrong"}'])
    assert_problem(system.send("POST", "/api/login", content=chunks), 401)


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
