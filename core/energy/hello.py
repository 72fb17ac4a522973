"""A greeting: the smallest route there is."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from core.kernel.api.context import ANYONE, Answer, Call, Route
from core.kernel.http import Response, json_response


class HelloQuery(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=100)] = "world"


class Hello(Struct):
    message: str


def hello(call: Call) -> Response:
    query: HelloQuery = call.query
    return json_response({"message": f"Hello {query.name}"})


ROUTES = (Route("GET", "/api/hello", hello, "Say hello", {200: Answer("A greeting", Hello)}, ANYONE, query=HelloQuery),)
