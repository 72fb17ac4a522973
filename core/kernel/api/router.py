"""Which route a request is for."""

from __future__ import annotations

from urllib.parse import unquote

from core.kernel.api.context import Route
from core.kernel.api.routes import ROUTES
from core.kernel.functions import ADMIN, FunctionSet, resolve
from core.kernel.triggers import Misdeclared


class Router:
    """All routes of a function set: the kernel's own, then the set's. Raises `Misdeclared` for those that clash."""

    def __init__(self, functions: FunctionSet) -> None:
        own = resolve(functions.routes) if isinstance(functions.routes, str) else functions.routes
        self.every: tuple[Route, ...] = (*ROUTES, *own)
        self._by_length: dict[int, list[tuple[tuple[str, ...], Route]]] = {}
        seen = set()
        for route in self.every:
            pattern = tuple("{}" if segment.startswith("{") else segment for segment in route.segments)
            if (route.method, pattern) in seen:
                raise Misdeclared(f"two routes answer {route}; the kernel has some of its own")
            seen.add((route.method, pattern))
            if route.needs.action not in (None, ADMIN, *functions.actions):
                raise Misdeclared(f"{route} needs {route.needs.action}, which is no action of the function set")
            self._by_length.setdefault(len(pattern), []).append((route.segments, route))

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
