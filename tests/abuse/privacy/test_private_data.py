"""Private data is where it belongs and nowhere else: not in logs, errors, dead letters, messages or keys, at debug level too.

A system of its own is used with a canary in each private field; then every place is searched for each. What may be where
is the table in `canaries`, with its reasons.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from importlib import import_module

import pytest

from demo.weather import WeatherStandIn
from tests import asking
from tests.abuse.privacy.canaries import ALLOWED, Canary, Kind, Place, allowed
from tests.abuse.privacy.filling import Filled, fill
from tests.abuse.privacy.places import overhearing, texts_of
from tests.beds.collector import Collector
from tests.beds.inbox import Inbox
from tests.contract.system import System, company
from tests.figures import Tell

SEARCHED = tuple(place for place in Place if place is not Place.ANSWERS)


@pytest.fixture(scope="module")
def heard(pytestconfig: pytest.Config) -> Iterator[list[tuple[str, str]]]:
    with overhearing(pytestconfig.getoption("--provider")) as found:
        yield found


@pytest.fixture(scope="module")
def filled(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, heard: list[tuple[str, str]]
) -> Iterator[Filled]:
    """A system that says all that it can in its logs, used in every way."""
    provider = import_module(f"tests.contract.providers.{pytestconfig.getoption('--provider')}")
    with closing(WeatherStandIn()) as weather, closing(Inbox()) as inbox, closing(Collector()) as collector:
        wanted = company(weather, inbox, collector)
        talkative = replace(wanted, variables={**wanted.variables, "TREFOIL_LOG_LEVEL": "DEBUG"})
        with closing(provider.start(tmp_path_factory.mktemp("private"), talkative)) as harness:
            harness.weather, harness.inbox, harness.collector = weather, inbox, collector
            with asking.client(harness.base_url, headers=dict(harness.headers)) as client:
                yield fill(System(harness, client, tmp_path_factory.mktemp("operator")))


def around(text: str, found: str) -> str:
    """A canary with what stands around it, for whoever reads the failure."""
    at = text.index(found)
    return text[max(0, at - 160) : at + len(found) + 80]


@pytest.mark.parametrize("place", SEARCHED, ids=lambda place: place.name.lower())
def test_no_private_data_is_where_it_does_not_belong(
    filled: Filled, heard: list[tuple[str, str]], figure: Tell, place: Place
) -> None:
    texts = list(texts_of(place, filled.system.harness, list(heard)))
    assert texts, f"there is nothing in {place.value}"
    sought = [one for one in filled.canaries if not allowed(one, place)]
    leaks = [
        f"the {canary} is in {where}: {around(text, canary.text)!r}"
        for canary in sought
        for where, text in texts
        if canary.text in text
    ]
    assert not leaks, "\n".join(leaks)
    size = sum(len(text) for _, text in texts)
    figure(f"{len(sought)} canaries sought in {len(texts)} texts of {size:,} characters of {place.name.lower()}")


def test_an_answer_tells_no_secret_and_of_the_rest_only_what_its_request_said(filled: Filled, figure: Tell) -> None:
    refused = [one for one in filled.answers if one.status >= 400]
    assert len(refused) > 20
    for canary in filled.canaries:
        for told in refused:
            if canary.text in told.answer:
                assert canary.kind is not Kind.SECRET, f"the {canary} is told: {around(told.answer, canary.text)!r}"
                assert canary.text in told.sent, f"the {canary} is told to who did not say it: {told.answer}"
    for canary in filled.canaries:
        if canary.kind is Kind.SECRET and canary.name not in filled.made:
            assert not any(canary.text in told.answer for told in filled.answers), canary
    figure(f"{len(filled.answers)} answers, {len(refused)} of them refusals")


def test_every_canary_was_taken_in_or_the_search_shows_nothing(filled: Filled, heard: list[tuple[str, str]]) -> None:
    """What customers are to find again is in the store, and what each request said was sent."""
    kept = "\n".join(text for _, text in texts_of(Place.STORE, filled.system.harness, heard))
    said = "\n".join(told.sent for told in filled.answers) + kept
    for canary in filled.canaries:
        if canary.name.startswith(("signature", "line", "credentials", "token", "secret", "reading")):
            continue
        assert canary.text in said, f"the {canary} is nowhere"


@pytest.mark.parametrize("entry", list(ALLOWED), ids=lambda entry: f"{entry[0].name} in {entry[1].name}".lower())
def test_what_is_allowed_has_a_reason(entry: tuple[Kind | Canary, Place]) -> None:
    assert len(ALLOWED[entry].split()) > 3
