"""Every operation on an account, asked for another's in every odd way: nothing is done, and nothing is told."""

from __future__ import annotations

import pytest

from tests.abuse.access.questions import BODIES, OF_AN_ACCOUNT, ROUTES, Question
from tests.abuse.access.raw import CLOSED, Ask, Said, send
from tests.abuse.access.tricks import Trick, share, tricks
from tests.abuse.access.world import OTHER, OWN, World
from tests.figures import Tell

TRICKS = tricks(OWN, OTHER)
SHOWN = 20
NO_REFUSAL = "is no refusal of the access list"


def flaw(world: World, question: Question, trick: Trick, ask: Ask, said: Said) -> str:
    """What is wrong with an answer; empty where nothing is."""
    told = [secret.decode() for secret in world.secrets if secret in said.whole and secret not in ask.sent]
    if told:
        return f"tells {', '.join(told)}"
    if said.status >= 500:
        return "is a failure"
    # A document of the other's is none of the caller's, whatever account the path names.
    fine = trick.told or (trick.own and not question.names_more) or (world.page != b"" and said.body == world.page)
    if 200 <= said.status < 300 and not fine:
        return "is an answer"
    if trick.denied and said.status != 403:
        return NO_REFUSAL
    return ""


@pytest.mark.parametrize("kind", TRICKS)
@pytest.mark.usefixtures("untouched")
def test_nothing_is_told_or_done_by(world: World, kind: str, pytestconfig: pytest.Config, figure: Tell) -> None:
    whole = pytestconfig.getoption("--long") or world.system.harness.provider == "local"
    asked, refused, flaws = 0, 0, []
    for at, route in enumerate(OF_AN_ACCOUNT):
        question = world.question(route)
        for trick in TRICKS[kind] if whole else share(TRICKS[kind], at, len(OF_AN_ACCOUNT)):
            ask = trick.turned(question)
            said = send(world.system.harness.base_url, ask)
            asked, refused = asked + 1, refused + (said.status == CLOSED)
            if found := flaw(world, question, trick, ask, said):
                flaws.append(f"{route}, {trick.name}: {said.status} {found}: {ask.target[:200]!r} {said.body[:200]!r}")
    assert not flaws, f"{len(flaws)} of {asked}:\n" + "\n".join(flaws[:SHOWN])
    figure(f"{asked} requests, {refused} of which got no answer at all")


def test_whoever_may_is_told_what_nobody_else_is(world: World) -> None:
    """Else the other cases would look for what is nowhere."""
    for route in OF_AN_ACCOUNT:
        if route.method == "GET":
            question = world.question(route, "victor")
            ask = question.ask(question.path(OTHER))
            said = send(world.system.harness.base_url, ask)
            assert said.status == 200, said.body
            assert any(secret in said.whole and secret not in ask.sent for secret in world.secrets), route


def test_every_route_with_a_body_is_asked_with_one() -> None:
    assert {str(route) for route in ROUTES if route.body} == set(BODIES), "give the new route a body in questions.py"
