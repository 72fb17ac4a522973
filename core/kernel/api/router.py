"""Which route a request is for."""

from __future__ import annotations

from urllib.parse import unquote

from core.kernel.api.context import Route
from core.kernel.api.routes import ROUTES
from core.kernel.described import describe
from core.kernel.functions import ADMIN, FunctionSet, resolve
from core.kernel.triggers import Misdeclared


class Router:
    """All routes of a function set: the kernel's own, then the set's.

    Raises `Misdeclared` for two that answer one request, and for one that needs an action which is none of the set's.
    """

    def __init__(self, functions: FunctionSet) -> None:
        own = resolve(functions.routes) if isinstance(functions.routes, str) else functions.routes
        self.every: tuple[Route, ...] = (*ROUTES, *own)
        self._by_length: dict[int, list[tuple[tuple[str, ...], Route]]] = {}
        for route in self.every:
            alike = self._by_length.setdefault(len(route.segments), [])
            for segments, other in alike:
                if route.method == other.method and _clash(route.segments, segments):
                    raise Misdeclared(f"{route} and {other} answer the same requests: change one's path")
            if route.needs.action not in (None, ADMIN, *functions.actions):
                raise Misdeclared(f"{route} needs {route.needs.action}, which is no action of the function set")
            alike.append((route.segments, route))
            describe(*(form for form in (route.query, route.body) if form is not None))

    def match(self, path: str) -> list[tuple[Route, dict[str, str]]]:
        """The routes at a raw path, with their parameters decoded by segment, so that `%2F` never splits one."""
        try:
            segments = [unquote(segment, errors="strict") for segment in path.split("/")[1:]]
        except UnicodeDecodeError:
            return []
        found = []
        for pattern, route in self._by_length.get(len(segments), ()):
            params: dict[str, str] = {}
            for wanted, given in zip(pattern, segments, strict=True):
                if wanted.startswith("{") and given:
                    params[wanted[1:-1]] = given
                elif wanted != given:
                    break
            else:
                found.append((route, params))
        # A fixed segment beats a parameter: /api/accounts over /api/{anything}.
        fewest = min((len(params) for _, params in found), default=0)
        return [entry for entry in found if len(entry[1]) == fewest]


def _clash(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Whether one path can match both, and neither has fewer parameters, by which the other would be passed over."""
    counts = [sum(segment.startswith("{") for segment in one) for one in (first, second)]
    both = zip(first, second, strict=True)
    return counts[0] == counts[1] and all(a == b or a.startswith("{") or b.startswith("{") for a, b in both)
