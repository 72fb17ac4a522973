"""AWS: events with odd paths, given to the function as API Gateway and function URLs would write them.

The emulator's gateway may tidy up a path otherwise than Amazon's: an HTTP API decodes `rawPath` once, but for %25; a
function URL leaves it as it was sent. So both are tried here, past any gateway, with the verdict that the authorizer
would have reached.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

import pytest

from tests.abuse.access.questions import OF_AN_ACCOUNT
from tests.abuse.access.raw import Ask, Said
from tests.abuse.access.test_accounts_of_others import NO_REFUSAL, SHOWN, TRICKS, flaw
from tests.abuse.access.tricks import share
from tests.abuse.access.world import OWN, World
from tests.figures import Tell

SPELT = [
    one
    for kind in ("encoding", "dots", "slashes", "ends", "lists", "alphabets", "length", "targets")
    for one in TRICKS[kind]
]


def event(ask: Ask, path: str, query: str, user: str) -> dict[str, Any]:
    """Payload 2.0, as far as it is read."""
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in ask.headers},
        "requestContext": {
            "http": {"method": ask.method, "path": path},
            "authorizer": {"lambda": {"trefoil_user": user, "trefoil_issued": "9999999999"}},
        },
        "body": ask.body.decode(),
        "isBase64Encoded": False,
    }


def decoded(path: str) -> str:
    return unquote(re.sub("%25", "%2525", path), errors="replace")


@pytest.mark.parametrize("read", [decoded, str], ids=["an HTTP API", "a function URL"])
@pytest.mark.usefixtures("untouched")
def test_no_path_of_an_event_leads_to_another_s_account(
    world: World, read: Any, pytestconfig: pytest.Config, figure: Tell
) -> None:
    harness: Any = world.system.harness
    if harness.provider != "aws":
        pytest.skip("such events are AWS's")
    client = harness.emulator.client("lambda")
    asked, flaws = 0, []
    for at, route in enumerate(OF_AN_ACCOUNT):
        question = world.question(route)
        few = SPELT if pytestconfig.getoption("--long") else share(SPELT, at, len(OF_AN_ACCOUNT))
        for trick in few:
            ask = trick.turned(question)
            path, _, query = ask.target.encode(errors="surrogateescape").decode(errors="replace").partition("?")
            sent = json.dumps(event(ask, read(path), query, "mallory"))
            answer = json.loads(client.invoke(FunctionName="api", Payload=sent)["Payload"].read())
            asked += 1
            said = Said(int(answer["statusCode"]), list(answer["headers"].items()), answer["body"].encode())
            found = flaw(world, question, trick, ask, said)
            if found == NO_REFUSAL and said.status == 404:
                found = ""  # what the gateway decodes names another path than what was sent
            if found:
                flaws.append(f"{route}, {trick.name}: {said.status} {found}: {path[:200]!r}")
    own = event(question.ask(""), f"/api/accounts/{OWN}/settings", "", "mallory")
    own["requestContext"]["http"]["method"] = "GET"
    assert json.loads(client.invoke(FunctionName="api", Payload=json.dumps(own))["Payload"].read())["statusCode"] == 200
    assert not flaws, f"{len(flaws)} of {asked}:\n" + "\n".join(flaws[:SHOWN])
    figure(f"{asked} events")
