"""Logs: one JSON object a line, with what a log store indexes, and never a secret."""

from __future__ import annotations

import json
from uuid import uuid4

from tests.contract.system import PASSWORD, Harness, System


def test_each_request_is_one_line_with_its_id_and_duration(system: System) -> None:
    system.send("GET", "/api/hello", headers={"X-Request-Id": "find-me"})
    lines = system.logged(request_id="find-me")
    assert len(lines) == 1
    assert lines[0]["message"] == "request"
    assert lines[0]["function"] == "api"
    assert lines[0]["level"] == "INFO"
    assert (lines[0]["method"], lines[0]["path"], lines[0]["status"]) == ("GET", "/api/hello", 200)
    assert float(str(lines[0]["duration_ms"])) >= 0
    assert str(lines[0]["time"]).endswith("Z")


def test_an_ingestion_is_logged_with_its_key_and_counts(system: System, account: str) -> None:
    system.ingest(account, "log.csv", "point,start,version,kwh\n1012345678903,2026-07-01T00:00Z,1,1\nbad\n")
    (line,) = system.logged(key=f"incoming/{account}/log.csv")
    assert (line["function"], line["status"], line["rows"], line["rejected"]) == ("ingest", "accepted", 2, 1)


def test_no_password_token_or_key_is_ever_logged(system: System, harness: Harness) -> None:
    token = system.token("podge")
    system.get("/api/me", "podge")
    system.send("POST", "/api/login", json={"user": "podge", "password": "another secret"})
    system.send("POST", "/api/login", content=b'{"user":"podge","password":"third secret"')
    marker = str(uuid4())
    system.send("GET", "/api/hello", headers={"X-Request-Id": marker})
    system.logged(request_id=marker)
    text = "\n".join(json.dumps(line) for line in harness.logs())
    secret_lines = harness.signing_key.splitlines()
    for secret in (PASSWORD, "another secret", "third secret", token, token.split(".")[2], *secret_lines[1:-1]):
        assert secret not in text
