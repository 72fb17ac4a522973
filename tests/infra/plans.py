"""What a root's own tests plan, as text: every resource with the arguments that its plan knows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

PLANS = {"minimal": "least", "all_inputs": "full"}
"""The runs of tests/plan.tftest.hcl whose plans are kept, with the name they are kept by."""
UNKNOWN = "(known after apply)"


def rendered(test: str) -> dict[str, str]:
    """Text of each run's plan, by the run's name, from what `terraform test -verbose -json` printed."""
    said = [json.loads(line) for line in test.splitlines()]
    return {one["@testrun"]: _text(one["test_plan"]) for one in said if one["type"] == "test_plan"}


def _text(plan: Mapping[str, Any]) -> str:
    made = {
        one["address"]: _known(one["change"]["after"], one["change"]["after_unknown"])
        for one in plan["resource_changes"]
        if one["mode"] == "managed"
    }
    return "".join(
        yaml.safe_dump({address: made[address]}, width=10_000, allow_unicode=True) for address in sorted(made)
    )


def _known(value: Any, unknown: Any) -> Any:
    """The value without what is not set, nor set by the provider; what the plan can't know yet inside a value is said.

    An argument that is unknown as a whole is left out: whether it is ours or the provider's to set can't be told.
    """
    if isinstance(value, Mapping):
        unknown = unknown if isinstance(unknown, Mapping) else {}
        known = {name: _known(one, unknown.get(name)) for name, one in value.items()}
        kept = {name: one for name, one in known.items() if one not in (None, [], {})}
        return kept | dict.fromkeys(_missing(value, unknown), UNKNOWN)
    if isinstance(value, Sequence) and not isinstance(value, str):
        beside = unknown if isinstance(unknown, list) else []
        flags = [*beside, *([None] * (len(value) - len(beside)))]
        return [UNKNOWN if flag is True else _known(one, flag) for one, flag in zip(value, flags, strict=False)]
    return _document(value) if isinstance(value, str) and value[:1] in "{[" else value


def _missing(value: Mapping[str, Any], unknown: Mapping[str, Any]) -> Iterator[str]:
    """Entries of a map of text that the plan can't know: names in capitals, as variables of the environment have."""
    yield from (name for name, flag in unknown.items() if flag is True and name not in value and name[:1].isupper())


def _document(text: str) -> Any:
    """A policy or a dashboard as what it says, so that a change of it is one line."""
    try:
        return json.loads(text)
    except ValueError:
        return text
