"""What a root's own tests plan, as text: every resource with the arguments that are ours, not those that a provider gives."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

PLANS = {"minimal": "least", "all_inputs": "full"}
"""The runs of tests/plan.tftest.hcl whose plans are kept, with the name they are kept by."""
UNKNOWN = "(known after apply)"
MADE_UP = re.compile(r"[a-z0-9]{8}")
"""What a mocked provider gives for a text that the provider would make, where it gives one while it plans."""
NOTHING: tuple[Any, ...] = (None, [], {})


def rendered(test: str) -> dict[str, str]:
    """Text of each run's plan, by the run's name, from what `terraform test -verbose -json` printed."""
    said = [json.loads(line) for line in test.splitlines()]
    return {one["@testrun"]: text(one["test_plan"]) for one in said if one["type"] == "test_plan"}


def text(plan: Mapping[str, Any]) -> str:
    """YAML, a resource after the other by address."""
    made = {one["address"]: _arguments(plan, one) for one in plan["resource_changes"] if one["mode"] == "managed"}
    return "".join(
        yaml.safe_dump({address: made[address]}, width=10_000, allow_unicode=True) for address in sorted(made)
    )


def _arguments(plan: Mapping[str, Any], change: Mapping[str, Any]) -> Any:
    schemas = plan["provider_schemas"][change["provider_name"]]["resource_schemas"]
    after, unknown = change["change"]["after"], change["change"]["after_unknown"]
    return _block(schemas[change["type"]]["block"], after, unknown)


def _block(schema: Mapping[str, Any], value: Any, unknown: Any) -> Any:
    """A block, or a list of them, without what is not set."""
    if isinstance(value, list):
        return [_block(schema, one, flags) for one, flags in _beside(value, unknown)]
    if not isinstance(value, Mapping):
        return value
    flags = unknown if isinstance(unknown, Mapping) else {}
    blocks, attributes = schema.get("block_types", {}), schema.get("attributes", {})
    given = {name: _block(one["block"], value.get(name), flags.get(name)) for name, one in blocks.items()}
    for name, attribute in attributes.items():
        given[name] = (
            None if _made_up(attribute, value.get(name), flags.get(name)) else _value(value.get(name), flags.get(name))
        )
    return {name: one for name, one in given.items() if one not in NOTHING}


def _made_up(attribute: Mapping[str, Any], value: Any, unknown: Any) -> bool:
    """Whether the provider gives it. What it may give and the plan can't know is taken for its own, too."""
    if not attribute.get("computed"):
        return False
    return not attribute.get("optional") or unknown is True or bool(isinstance(value, str) and MADE_UP.fullmatch(value))


def _value(value: Any, unknown: Any) -> Any:
    """An argument's value, with what the plan can't know yet said in its place."""
    if unknown is True:
        return UNKNOWN
    if isinstance(value, Mapping):
        flags = unknown if isinstance(unknown, Mapping) else {}
        return {name: _value(value.get(name), flags.get(name)) for name in {**value, **flags}}
    if isinstance(value, list):
        return [_value(one, flags) for one, flags in _beside(value, unknown)]
    return _document(value) if isinstance(value, str) and value[:1] in "{[" else value


def _beside(value: list[Any], unknown: Any) -> list[tuple[Any, Any]]:
    flags = unknown if isinstance(unknown, list) else []
    return [(one, flags[number] if number < len(flags) else None) for number, one in enumerate(value)]


def _document(written: str) -> Any:
    """A policy or a dashboard as what it says, so that a change of it is one line."""
    try:
        return json.loads(written)
    except ValueError:
        return written
