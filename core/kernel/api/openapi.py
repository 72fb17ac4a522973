"""The OpenAPI 3.1 page, generated from the routes that serve."""

from __future__ import annotations

import re
import sys
from functools import cache
from typing import Any

import msgspec

from core import VERSION
from core.kernel.api import models
from core.kernel.api.context import Answer, Route
from core.kernel.errors import Code
from core.kernel.http import MAX_REQUEST_BODY, MAX_RESPONSE_BODY

_REFERENCE = "#/components/schemas/{name}"
_ABOUT = f"""\
Log in with `POST /api/login`, and send the token of its answer as `Authorization: Bearer TOKEN` with each request that
needs one.

What goes wrong is told as a problem document (RFC 9457): its `detail` says what was wrong and what to do. Long lists
come in pages: ask again with the answer's `next` as `cursor`, until it is null. A request has at most
{MAX_REQUEST_BODY // 1024**2} MiB and an answer {MAX_RESPONSE_BODY // 1024**2} MiB; files go straight to and from the
store, by signed URLs."""
_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "The `access_token` of `POST /api/login`, which is valid for an hour.",
}
_HEADING = re.compile(r"(?:([^:.`]{3,40}): )?(.*?)(?:\n\n|\Z)", re.DOTALL)
"""Of a package's docstring: its name for people, where it begins with one, and its first paragraph."""


@cache
def document(title: str, routes: tuple[Route, ...]) -> dict[str, Any]:
    """The whole page, ready for JSON."""
    types = [models.Problem, *(t for route in routes for t in _types(route))]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    named = dict(zip(map(id, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    seen: set[str] = set()
    for route in routes:
        operation = _operation(route, named, components)
        while operation["operationId"] in seen:  # two modules of one name
            operation["operationId"] += "_"
        seen.add(operation["operationId"])
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": VERSION,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": name, "description": about} for name, about in dict(map(_feature, routes)).items()],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"bearer": _BEARER}},
    }


def _feature(route: Route) -> tuple[str, str]:
    """The feature that a route is of, and what that is: by the docstring of its handler's package."""
    package = route.handler.__module__.rpartition(".")[0]
    docstring = getattr(sys.modules.get(package), "__doc__", None) or ""
    found = _HEADING.match(docstring.strip())
    name, about = (found[1], " ".join(found[2].split())) if found else (None, "")
    return name or package.rpartition(".")[2].capitalize(), about[:1].upper() + about[1:]


def _types(route: Route) -> list[Any]:
    answers = [one for answer in route.answers.values() for one in answer.types]
    return [t for t in (route.query, route.body, *answers) if t is not None]


def _operation(route: Route, named: dict[int, Any], components: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "tags": [_feature(route)[0]],
        "parameters": [
            *_path_parameters(route),
            *_query_parameters(route, named, components),
            *_header_parameters(route),
        ],
        "responses": {
            **{str(status): _answer(answer, named) for status, answer in route.answers.items()},
            **{str(code.status): _problem(code, named) for code in _errors(route)},
        },
    }
    if route.needs.token:
        operation["security"] = [{"bearer": []}]
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": named[id(route.body)]}},
        }
    if route.needs.action:
        where = f"the {route.needs.resource} of the path, or on `*`" if route.needs.resource else "`*`"
        operation["description"] = f"For who was granted `{route.needs.action}` on {where}."
    return operation


def _operation_id(route: Route) -> str:
    """Feature and handler, as in `exports_create`; a feature's module `api` is named by its folder."""
    module = route.handler.__module__.removesuffix(".api").rpartition(".")[2]
    return f"{module}_{route.handler.__name__}"


def _errors(route: Route) -> list[Code]:
    codes = {*route.errors, Code.UNAVAILABLE, Code.TOO_LARGE}
    if route.needs.token:
        codes.add(Code.UNAUTHENTICATED)
    if route.needs.action:
        codes.add(Code.DENIED)
    if route.query or route.body:
        codes |= {Code.MALFORMED, Code.INVALID}
    if route.body:
        codes.add(Code.UNSUPPORTED)
    if "{" in route.path:
        codes.add(Code.NOT_FOUND)
    return sorted(codes, key=lambda code: code.status)


def _answer(answer: Answer, named: dict[int, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.description}
    schemas = [named[id(one)] for one in answer.types]
    schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
    content = {
        media_type: {"schema": schema} if media_type == "application/json" else {}
        for media_type in answer.media_types
        if schemas or media_type != "application/json"
    }
    return {**described, "content": content} if content else described


def _problem(code: Code, named: dict[int, Any]) -> dict[str, Any]:
    schema = named[id(models.Problem)]
    return {"description": code.title, "content": {"application/problem+json": {"schema": schema}}}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"\{(\w+)\}", route.path)
    ]


def _query_parameters(route: Route, named: dict[int, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = components[named[id(route.query)]["$ref"].rpartition("/")[2]]
    return [
        {"name": name, "in": "query", "required": name in schema.get("required", []), "schema": property_}
        for name, property_ in schema["properties"].items()
    ]


def _header_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "header",
            "required": True,
            "description": meaning,
            "schema": {"type": "string", "minLength": 1},
        }
        for name, meaning in route.headers.items()
    ]
