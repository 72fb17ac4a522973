"""Where functions-framework finds the functions: one name for each of the set, made when it is looked up."""

import os as _os
from importlib import import_module as _import_module
from typing import Any

from core.kernel.functions import chosen as _chosen

_MODULES = {
    "http": "http",
    "object": "objects",
    "queue": "queue",
    "schedule": "schedule",
    "step": "step",
    "dead": "dead_letters",
}


def __getattr__(name: str) -> Any:
    """A function. Raises `NoSuchFunction`, or `ConfigError` for a set that can't be had."""
    if name.startswith("_"):
        raise AttributeError(name)
    function = _chosen(_os.environ).named(name)
    if function.trigger.kind not in _MODULES:
        raise AttributeError(f"{name} is the {function.trigger.kind} of a gateway, which Google Cloud has none of here")
    return _import_module(f"adapters.gcp.{_MODULES[function.trigger.kind]}").target(function)
