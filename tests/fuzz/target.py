"""What is fuzzed: a name, inputs to begin with, and what must hold of any bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True, slots=True)
class Target:
    """`check` raises `AssertionError` where `holds` does not, and whatever else escapes from what is tried.

    A target that `needs` a library runs where that is: in its own cloud's environment. `reaches` are the packages whose
    lines a fuzzer looks to reach: the fewer, the sooner it begins.
    """

    name: str
    holds: str
    seeds: Callable[[], Sequence[bytes]]
    check: Callable[[bytes], None]
    needs: str = ""
    reaches: tuple[str, ...] = ("core", "adapters")

    def __str__(self) -> str:
        return self.name

    @property
    def runs_here(self) -> bool:
        try:
            return not self.needs or find_spec(self.needs) is not None
        except ModuleNotFoundError:  # not even the package above it
            return False


def texts(*values: str) -> Callable[[], Sequence[bytes]]:
    """Seeds that are texts."""
    return lambda: [value.encode() for value in values]


def text_of(data: bytes) -> str:
    """Any bytes as a text: what is not UTF-8 becomes characters that no UTF-8 has, as a JSON escape can bring them."""
    return data.decode(errors="surrogateescape")
