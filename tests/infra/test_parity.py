"""The three roots are one: the same variables and outputs, the same capabilities."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.energy.forecasts.settings import FORECAST_URL
from core.kernel.config import LOG_LEVELS
from core.kernel.functions import EVENT_S, REQUEST_S
from tests.infra.roots import names_of, read, resources
from tools.infra import INFRA, ROOTS, files, read_capabilities, read_interface

GENERATED = files()


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: str(path.relative_to(INFRA)))
def test_what_is_generated_is_fresh(path: Path) -> None:
    assert path.read_text() == GENERATED[path], "write it with: python -m tools.infra"


@pytest.mark.parametrize("name", ["variables.tf", "outputs.tf"])
def test_the_roots_have_one_interface(name: str) -> None:
    assert len({(INFRA / root / name).read_bytes() for root in ROOTS}) == 1


def test_every_variable_says_what_it_is_and_refuses_what_it_can_not_be() -> None:
    for one in read_interface()["variables"]:
        assert one["description"].endswith("."), one["name"]
        # Rules that a value can break alone have a value that breaks them; what may be anything has none.
        assert bool(one.get("validations")) == bool(one.get("refused")), one["name"]


def test_the_defaults_are_those_of_core() -> None:
    defaults = {one["name"]: one.get("default") for one in read_interface()["variables"]}
    assert defaults["forecast_url"] == FORECAST_URL
    assert defaults["log_level"] in LOG_LEVELS
    assert defaults["job_timeout_seconds"] == EVENT_S[1]
    assert defaults["http_timeout_seconds"] == REQUEST_S[1]
    # What functions declare holds, unless something else is given.
    assert (defaults["max_delivery_attempts"], defaults["function_memory_mb"]) == (None, None)
    assert defaults["schedule_cron"] == {}


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("capability", read_capabilities(), ids=lambda one: one["capability"])
def test_the_root_has_the_capability(root: str, capability: dict[str, list[str]]) -> None:
    made = resources(INFRA / root)
    assert capability[root], "nothing realises it"
    for address in capability[root]:
        kind, name, *argument = address.split(".")
        assert f"{kind}.{name}" in made, f"{address} is not in infra/{root}"
        assert set(argument) <= names_of(made[f"{kind}.{name}"]), f"{address} is not set"


@pytest.mark.parametrize("root", ROOTS)
def test_every_resource_serves_a_capability(root: str) -> None:
    named = {".".join(address.split(".")[:2]) for one in read_capabilities() for address in one[root]}
    made = {address for address in resources(INFRA / root) if not address.startswith("provider.")}
    assert made - named == set()


@pytest.mark.parametrize("root", ROOTS)
def test_the_guard_of_the_state_stands_before_everything_that_can_be_destroyed(root: str) -> None:
    made = {address for address in resources(INFRA / root) if not address.startswith("provider.")}
    guard = resources(INFRA / root)["terraform_data.keep_state"]
    assert {str(one).strip("${}") for one in guard["depends_on"]} == made - {"terraform_data.keep_state"}


@pytest.mark.parametrize("root", ROOTS)
def test_the_roots_ask_for_the_same_terraform(root: str) -> None:
    assert read(INFRA / root / "terraform.tf")["terraform"][0]["required_version"] == ">= 1.11"
