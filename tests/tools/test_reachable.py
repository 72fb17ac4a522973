"""Waiting for a deployed site and API: against a server that is as slow to come as a cloud's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tools.reachable import NoAnswer, until_they_answer
from tools.serving import serve


@contextmanager
def answering(*statuses: int) -> Iterator[str]:
    """A server that answers with these one after the other, and then with the last of them."""
    left = list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = serve(server, "slow to come")
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def test_it_waits_until_all_have_answered_and_tells_what_is_missing() -> None:
    said: list[str] = []
    with answering(404, 404, 200) as site, answering(503, 200) as api:
        until_they_answer({"site": site, "API": api}, said.append, pause_s=0)
    assert said[0] == "waiting since 0 s: site says 404, API says 503"
    assert [line.partition(" answers")[0] for line in said[1:]] == ["API", "site"]
    assert said[-1].endswith(site)


def test_what_never_answers_is_told_with_what_it_says() -> None:
    with answering(403) as site, pytest.raises(NoAnswer, match=r"site says 403, for 0 minutes now \(http://127"):
        until_they_answer({"site": site}, lambda _: None, patience_s=-1, pause_s=0)


def test_a_name_that_is_not_known_yet_is_waited_for_too() -> None:
    with pytest.raises(NoAnswer, match="API says "):
        until_they_answer({"API": "http://api.invalid/"}, lambda _: None, patience_s=-1, pause_s=0)
