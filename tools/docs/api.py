"""The API, from the document that serves it, with the answers that a running system gave (docs/examples.json)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from core import DEFAULT_FUNCTIONS
from core.kernel.api.openapi import document
from core.kernel.api.router import Router
from core.kernel.functions import load
from tools.docs.tables import code, table

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples.json"
LONGEST_LINE = 200
Json = Mapping[str, Any]
_PLAIN = re.compile(r"\[\n\s+([^\[\]{}]*?)\n\s+\]")


@cache
def page() -> dict[str, Any]:
    functions = load(DEFAULT_FUNCTIONS)
    # As a client gets it, plain JSON.
    return dict(json.loads(json.dumps(document(functions.title, Router(functions).every))))


@cache
def examples() -> dict[str, Json]:
    return {one["route"]: one for one in json.loads(EXAMPLES.read_text())}


def operations() -> Iterator[tuple[str, str, Json]]:
    """Method, path and operation of each route."""
    for path, methods in page()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def problems() -> str:
    """What each status that is none of success means."""
    found: dict[str, str] = {}
    for _, _, operation in operations():
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                found.setdefault(status, answer["description"])
    return table(("status", "title"), sorted(found.items()))


def routes() -> str:
    written = []
    for tag in page()["tags"]:
        written.append(f"## {tag['name']}\n\n{tag['description']}\n")
        written += [_route(*one) for one in operations() if tag["name"] in one[2]["tags"]]
    return "\n".join(written)


def _route(method: str, path: str, operation: Json) -> str:
    parts = [
        f"### {code(f'{method} {path}')}\n\n{operation['summary']}{_stop(operation['summary'])} {_needs(operation)}\n"
    ]
    if operation["parameters"]:
        rows = (
            (code(one["name"]), one["in"], _value(one["schema"], needed=one["required"]), _told(one))
            for one in operation["parameters"]
        )
        parts.append(table(("parameter", "in", "type", "meaning"), rows))
    if "requestBody" in operation:
        parts.append(f"Body: {_type(operation['requestBody']['content']['application/json']['schema'])}.\n")
    good = {status: answer for status, answer in operation["responses"].items() if int(status) < 400}
    parts.append(
        table(("answer", "is", "type"), ((status, one["description"], _content(one)) for status, one in good.items()))
    )
    parts.append("Problems: " + ", ".join(sorted(set(operation["responses"]) - set(good))) + ".\n")
    if example := examples().get(f"{method} {path}"):
        parts.append(_example(method, example))
    return "\n".join(parts)


def _stop(text: str) -> str:
    return "" if text.endswith(("?", ".")) else "."


def _needs(operation: Json) -> str:
    if "security" not in operation:
        return "Nobody has to log in."
    return str(operation.get("description", "For whoever is logged in."))


def _content(answer: Json) -> str:
    shown = [
        _type(content["schema"]) if "schema" in content else code(media_type)
        for media_type, content in answer.get("content", {}).items()
    ]
    return ", or ".join(shown) or "no body"


def _example(method: str, example: Json) -> str:
    asked = f"{method} {example['path']} HTTP/1.1" + "".join(
        f"\n{name}: {value}" for name, value in example["headers"].items()
    )
    if example["body"] is not None:
        asked += f"\n\n{_json(example['body'])}"
    answered = f"\n```json\n{_json(example['answer'])}\n```\n" if example["answer"] is not None else ""
    return f"For example, answered with {example['status']}:\n\n```http\n{asked}\n```\n{answered}"


def _json(value: Any) -> str:
    """Lists of plain values on one line, as people write them."""
    return _PLAIN.sub(_line, json.dumps(value, indent=2, ensure_ascii=False))


def _line(found: re.Match[str]) -> str:
    one = " ".join(found[1].split())
    return f"[{one}]" if len(one) < LONGEST_LINE else found[0]


def types() -> str:
    """Every type that a body or an answer has, but those of queries, which are told as parameters."""
    shown = (name for name in page()["components"]["schemas"] if not name.endswith("Query"))
    return "\n".join(_schema(name, page()["components"]["schemas"][name]) for name in shown)


def _schema(name: str, schema: Json) -> str:
    needed = schema.get("required", [])
    said = f"{schema['description']}\n\n" if "description" in schema else ""
    if "properties" not in schema:
        return f"### Type {code(name)}\n\n{said}{_value(schema)}\n"
    rows = (
        (code(field), _value(one, needed=field in needed), _told(one)) for field, one in schema["properties"].items()
    )
    return f"### Type {code(name)}\n\n{said}{table(('field', 'type', 'meaning'), rows)}"


def _told(one: Json) -> str:
    """What it means, with an example."""
    schema = one.get("schema", one)
    within = next((inner for inner in schema.get("anyOf", ()) if "description" in inner or "examples" in inner), schema)
    said = one.get("description") or schema.get("description") or within.get("description", "")
    shown = schema.get("examples") or within.get("examples")
    return "; ".join(filter(None, (said, f"such as {code(shown[0])}" if shown else "")))


def _value(schema: Json, *, needed: bool = True) -> str:
    """The type of a value, and what it is when it is left out."""
    if "default" in schema:
        default = schema["default"]
        shown = default if isinstance(default, str) else json.dumps(default, ensure_ascii=False)
        return f"{_type(schema)}; else {code(shown) if shown else 'empty'}"
    return _type(schema) if needed else f"{_type(schema)}; may be left out"


def _type(schema: Json) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#type-{name.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_type(one) for one in schema[several])
    if "enum" in schema:
        return " or ".join(code(one) for one in schema["enum"])
    if "const" in schema:
        return code(schema["const"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}{_limits(schema, 'minItems', 'maxItems')}"
    if kind == "object":
        further = schema.get("additionalProperties")
        return f"object of {_type(further)}" if isinstance(further, dict) and further else "object"
    if kind == "string":
        return f"{schema.get('format', 'text')}{_limits(schema, 'minLength', 'maxLength', ' characters')}"
    words = {"integer": "whole number", "boolean": "true or false", "null": "null"}
    return f"{words.get(kind, kind)}{_limits(schema, 'minimum', 'maximum')}"


def _limits(schema: Json, least: str, most: str, unit: str = "") -> str:
    """At least one character goes without saying."""
    low, high = schema.get(least), schema.get(most)
    if high is None:
        return f", {_number(low)}{unit} or more" if low and (low, unit) != (1, " characters") else ""
    return f", {_number(low)} to {_number(high)}{unit}" if low is not None else f", up to {_number(high)}{unit}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,}"
