"""Where Lambda finds the handlers: `adapters.aws.main.NAME` for each function of the set.

Each is made when it is looked up, so that a function loads its own trigger's code and nothing else.
"""

import gc as _gc
import os as _os
from importlib import import_module as _import_module
from typing import Any

from core.kernel.functions import chosen as _chosen

_MODULES = {
    "http": "http",
    "authorizer": "authorizer",
    "object": "objects",
    "queue": "queue",
    "schedule": "schedule",
    "step": "step",
    "dead": "dead_letters",
}


def __getattr__(name: str) -> Any:
    """The handler of a function. Raises `NoSuchFunction`, or `ConfigError` for a set that can't be had."""
    if name.startswith("_"):
        raise AttributeError(name)
    _gc.disable()  # what is imported stays: to look for garbage in it takes a tenth of a start
    try:
        function = _chosen(_os.environ).named(name)
        return _import_module(f"adapters.aws.{_MODULES[function.trigger.kind]}").handler(function)
    finally:
        _gc.enable()
