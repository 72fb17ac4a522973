"""What a request costs on AWS from its event to its reply, in process: hello beside two frameworks, reads beside hello.

`nox -s bench -- path`. All take turns in one process, some hundreds of requests each; every answer is checked. Log lines
are written as in Lambda, but to nowhere. These figures are this machine's, not cloud latency.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from bench.measure import OUT, machine
from bench.runtimes import HELLO as GREETED
from bench.runtimes import PEERS, settings
from core.energy.accounts import accounts
from core.kernel.auth import access, tokens
from core.kernel.services import Services
from tools.package import ROOT

REQUESTS = 300
"""In a turn."""
HELLO = "Trefoil"
CONTEXT = SimpleNamespace(aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef")
Ask = Callable[[], Any]


def contenders() -> dict[str, Ask]:
    """Each asks once, and returns the reply. Trefoil and Powertools' Logger write a line about it, the others none."""
    from adapters.aws import main
    from adapters.aws.bootstrap import services

    event = json.loads((ROOT / "tests/events/aws/api/http-api-get.json").read_text())
    token = prepared(services())

    def trefoil(path: str) -> Ask:
        headers = {**event["headers"], "authorization": f"Bearer {token}"}
        asked = {**event, "rawPath": path, "rawQueryString": "", "headers": headers}
        return lambda: main.api(asked, CONTEXT)

    def peer(handler: Callable[[Any, Any], Any]) -> Ask:
        return lambda: handler(event, CONTEXT)

    sys.path.insert(0, str(PEERS))  # they are deployed alone, and import each other so
    powertools, fastapi = import_module("aws_powertools_hello"), import_module("aws_fastapi_hello")
    return {
        HELLO: lambda: main.api(event, CONTEXT),
        "Trefoil, GET /api/me": trefoil("/api/me"),
        "Trefoil, GET /api/accounts/A/settings": trefoil("/api/accounts/A/settings"),
        "Powertools with its Logger": peer(powertools.handler),
        "Powertools": peer(powertools.app.resolve),
        "FastAPI + Mangum": peer(fastapi.handler),
    }


def prepared(services: Services) -> str:
    """An account A, and the token of a user who may read it."""
    accounts.ensure(services.documents, "A")
    access.grant(services.documents, "podge", "read", "A")
    config = services.config
    return tokens.mint(
        services.keyring, services.clock, issuer=config.issuer, audience=config.audience, subject="podge"
    )


def check(who: str, reply: Any) -> None:
    """Hello is greeted alike by all; a read finds something."""
    body = json.loads(reply["body"])
    assert reply["statusCode"] == 200, reply
    assert "GET" in who or body == GREETED.expected, reply


def turn(who: str, ask: Ask) -> float:
    """Microseconds of a request, the median of a turn."""
    taken, replies = [], []
    for _ in range(REQUESTS):
        begun = time.perf_counter()
        reply = ask()
        taken.append(time.perf_counter() - begun)
        replies.append(reply)
    for reply in replies:
        check(who, reply)
    return statistics.median(taken) * 1e6


def measure(rounds: int) -> dict[str, list[float]]:
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        asks = contenders()
        taken: dict[str, list[float]] = {who: [] for who in asks}
        for number in range(rounds + 1):
            for who, ask in asks.items():
                median = turn(who, ask)
                if number:  # the first round compiles and fills caches
                    taken[who].append(median)
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(prog="nox -s bench -- path")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    os.environ.update(settings("aws"))
    taken = measure(options.rounds)
    print(f"A request in process, {machine()}; {options.rounds} turns of {REQUESTS} requests each; not cloud latency\n")
    print("| | us (median) | Trefoil's hello is |\n|---|---|---|")
    for who, turns in taken.items():
        # Of one turn each, so that what slows the machine down for a while slows both.
        ratio = statistics.median(ours / theirs for ours, theirs in zip(taken[HELLO], turns, strict=True))
        print(f"| {who} | {statistics.median(turns):.1f} | {ratio:.3f} x |")
    OUT.mkdir(exist_ok=True)
    (OUT / "path.json").write_text(json.dumps({"machine": machine(), "turns": taken}) + "\n")


if __name__ == "__main__":
    main()
