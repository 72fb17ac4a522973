"""A function set as JSON: `python -m tools.functions [--functions NAME] > infra/functions.json`.

Terraform reads it: each function by its name, for `for_each`, and the name of the set, which deployed adapters load.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from msgspec.structs import asdict

from core.kernel.config import ConfigError
from core.kernel.functions import VARIABLE, Function, FunctionSet, chosen_name
from core.kernel.triggers import Misdeclared
from core.kernel.validation import checked
from tools.options import functions_option


def as_json(name: str, functions: FunctionSet) -> str:
    """Stable JSON: `functions` keyed by name, those that bury dead letters too."""
    every = {one.name: _function(functions, one) for one in functions.every.values()}
    return json.dumps({"set": name, "functions": every}, indent=2) + "\n"


def _function(functions: FunctionSet, one: Function) -> dict[str, Any]:
    """`source` is what the trigger listens to, `queue` the queue that it takes from, or whose dead letters.

    `together` says that it takes several events at once.
    """
    kind, source = one.trigger.kind, one.trigger.source
    buried = functions.named(source) if kind == "dead" else one
    plain = {name: value for name, value in asdict(one).items() if name not in ("trigger", "handler", "together")}
    together = one.together is not None
    return {**plain, "trigger": kind, "source": source, "queue": buried.queue, "together": together}


def name_of(arguments: argparse.Namespace) -> str:
    """The package that an option `--functions` names, else the one that the environment chooses."""
    return arguments.functions or chosen_name(os.environ)


def choose(arguments: argparse.Namespace) -> FunctionSet:
    """That set, checked, for this process and those that it starts. Raises `ConfigError`, `Misdeclared`."""
    os.environ[VARIABLE] = name_of(arguments)
    return checked(os.environ[VARIABLE])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.functions", description=__doc__)
    functions_option(parser)
    options = parser.parse_args()
    try:
        functions = choose(options)
    except (ConfigError, Misdeclared) as error:
        print(error, file=sys.stderr)
        return 1
    print(as_json(name_of(options), functions), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
