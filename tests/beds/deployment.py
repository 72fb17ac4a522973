"""What is run in a provider's runtime: a function set, with its own variables, and what its store holds at first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from core.kernel.functions import VARIABLE, Function, FunctionSet, load
from core.kernel.store import Store
from core.kernel.triggers import Object, Queue, Trigger


def _nothing(_: Store) -> None:
    """A store that is empty at first."""


@dataclass(frozen=True)
class Deployment:
    package: str
    variables: Mapping[str, str] = field(default_factory=dict)
    fill: Callable[[Store], None] = _nothing

    @property
    def functions(self) -> FunctionSet:
        return load(self.package)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make an adapter run this set."""
        return {VARIABLE: self.package, **self.variables}

    def of(self, *triggers: type[Trigger]) -> list[Function]:
        return self.functions.of(*triggers)

    @property
    def consumers(self) -> list[Function]:
        """The functions that take messages from a queue, or objects through one."""
        return self.of(Object, Queue)

    def under(self, key: str) -> Function:
        """The function that listens to an object's prefix, else any that listens to objects."""
        listening = self.of(Object)
        return next((one for one in listening if key.startswith(one.trigger.source)), listening[0])

    def burying(self, function: Function) -> Function:
        return self.functions.named(f"bury_{function.name}")
