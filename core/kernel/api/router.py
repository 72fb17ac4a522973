"""Which route a request is for. What can be known of the routes before there is a request is worked out once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, groupby
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from core.kernel.api.context import Route
from core.kernel.api.routes import ROUTES
from core.kernel.described import decoder, describe
from core.kernel.functions import ADMIN, FunctionSet, resolve
from core.kernel.triggers import Misdeclared

Shape = tuple[str | None, ...]
"""The segments of a path, with None where a parameter stands."""


class Operation(Struct, frozen=True):
    """A route, where its parameters stand among the segments of its path, and what reads its body."""

    route: Route
    places: tuple[tuple[str, int], ...]
    body: msgspec.json.Decoder[Any] | None

    def params(self, segments: Sequence[str]) -> dict[str, str]:
        return {name: segments[place] for name, place in self.places}


class Found(Struct, frozen=True):
    """What answers at one path, by method; HEAD is GET's, and `allowed` is the Allow header (RFC 9110, 10.2.1).

    `path` is that of the route, with the names of its parameters.
    """

    operations: Mapping[str, Operation]
    allowed: str
    path: str


class Router:
    """All routes of a function set: the kernel's own, then the set's.

    Raises `Misdeclared` for two that answer one request, and for one that needs an action which is none of the set's.
    """

    def __init__(self, functions: FunctionSet) -> None:
        own = resolve(functions.routes) if isinstance(functions.routes, str) else functions.routes
        self.every: tuple[Route, ...] = (*ROUTES, *own)
        by_shape: dict[Shape, list[Operation]] = {}
        by_length: dict[int, list[Route]] = {}
        for route in self.every:
            alike = by_length.setdefault(len(route.segments), [])
            for other in alike:
                if route.method == other.method and _clash(route.segments, other.segments):
                    raise Misdeclared(f"{route} and {other} answer the same requests: change one's path")
            if route.needs.action not in (None, ADMIN, *functions.actions):
                raise Misdeclared(f"{route} needs {route.needs.action}, which is no action of the function set")
            alike.append(route)
            by_shape.setdefault(_shape(route), []).append(_operation(route))
        self._by_shape = {shape: _found(operations) for shape, operations in by_shape.items()}
        self._by_path = {
            operations[0].route.path: self._by_shape[shape]
            for shape, operations in by_shape.items()
            if None not in shape
        }
        self._blanks = {length: _blanks(shape for shape in by_shape if len(shape) == length) for length in by_length}

    def find(self, path: str) -> tuple[Found, Sequence[str]] | None:
        """What answers at a raw path, and its segments, decoded one by one, so that `%2F` never splits one."""
        if (fixed := self._by_path.get(path)) is not None:
            return fixed, ()
        segments = path.split("/")[1:]
        if "%" in path:
            try:
                segments = [unquote(segment, errors="strict") for segment in segments]
            except UnicodeDecodeError:
                return None
        # A fixed segment beats a parameter: /api/accounts over /api/{anything}.
        for alike in self._blanks.get(len(segments), ()):
            found = [one for blanks in alike if (one := self._at(segments, blanks)) is not None]
            if found:
                whole = found[0] if len(found) == 1 else _found(chain(*(one.operations.values() for one in found)))
                return whole, segments
        return None

    def _at(self, segments: Sequence[str], blanks: Sequence[int]) -> Found | None:
        """What has parameters just there, of which none may be empty."""
        shape: list[str | None] = [*segments]
        for at in blanks:
            if not segments[at]:
                return None
            shape[at] = None
        return self._by_shape.get(tuple(shape))


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")


def _shape(route: Route) -> Shape:
    return tuple(None if _is_parameter(segment) else segment for segment in route.segments)


def _operation(route: Route) -> Operation:
    places = tuple((segment[1:-1], at) for at, segment in enumerate(route.segments) if _is_parameter(segment))
    if route.query is not None:
        describe(route.query)
    return Operation(route, places, None if route.body is None else decoder(route.body))


def _found(operations: Iterable[Operation]) -> Found:
    by_method = {operation.route.method: operation for operation in operations}
    if "GET" in by_method:
        by_method["HEAD"] = by_method["GET"]
    path = next(iter(by_method.values())).route.path
    return Found(by_method, ", ".join(sorted({*by_method, "OPTIONS"})), path)


def _blanks(shapes: Iterable[Shape]) -> list[list[tuple[int, ...]]]:
    """Where parameters stand in these shapes, once each: by their number, the fewest first."""
    blanks = {tuple(at for at, segment in enumerate(shape) if segment is None) for shape in shapes}
    return [list(alike) for _, alike in groupby(sorted(blanks, key=len), key=len)]


def _clash(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Whether one path can match both, and neither has fewer parameters, by which the other would be passed over."""
    counts = [sum(map(_is_parameter, one)) for one in (first, second)]
    both = zip(first, second, strict=True)
    return counts[0] == counts[1] and all(a == b or _is_parameter(a) or _is_parameter(b) for a, b in both)
