"""Workflows before they are deployed: `nox -s workflow -- write|cost|draw [--functions NAME]`.

`write` compiles each workflow of the set to infra/workflows/NAME.asl.json and NAME.google.json, which Terraform
deploys, and draws it into docs/workflows/NAME.md; `--check` fails when these are not fresh. `cost` prints what a run
costs, `draw` the pictures.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from core.kernel.config import ConfigError
from core.kernel.functions import FunctionSet
from core.kernel.triggers import Misdeclared, Step
from core.kernel.workflow.declared import Workflow
from core.kernel.workflow.steps import workflow_of
from tools.functions import choose
from tools.options import functions_option
from tools.workflows import asl, cost, google
from tools.workflows.draw import outline, picture

ROOT = Path(__file__).parents[2]
PAGE = """# The workflow {name}

Its steps, for who wants to know what a run does and in which order. Written by `nox -s workflow -- write` from its
declaration; not to be edited.

{outline}

The same as a picture, where Mermaid is drawn:

```mermaid
{picture}
```
"""


def workflows(functions: FunctionSet) -> dict[str, Workflow]:
    return {one.name: workflow_of(one) for one in functions.of(Step)}


def files(functions: FunctionSet) -> dict[str, str]:
    """What is written of a set, by its path in the project."""
    found = {}
    for name, workflow in workflows(functions).items():
        found[f"infra/workflows/{name}.asl.json"] = _text(asl.compiled(name, workflow))
        found[f"infra/workflows/{name}.google.json"] = _text(google.compiled(workflow))
        found[f"docs/workflows/{name}.md"] = PAGE.format(
            name=name, outline=outline(workflow), picture=picture(workflow)
        )
    return found


def _text(definition: object) -> str:
    return json.dumps(definition, indent=2) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="nox -s workflow --", description=__doc__)
    parser.add_argument("what", choices=["write", "cost", "draw"])
    parser.add_argument(
        "--items", default="1,3,25,100,500", help="of cost: items that each map has, with commas between"
    )
    parser.add_argument("--check", action="store_true", help="of write: only say what is not fresh")
    functions_option(parser)
    options = parser.parse_args()
    try:
        functions = choose(options)
        items = [int(number) for number in options.items.split(",")]
    except (ConfigError, Misdeclared, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    if options.what == "write":
        return _write(functions, check=options.check)
    for name, workflow in workflows(functions).items():
        print(cost.report(name, workflow, items) if options.what == "cost" else picture(workflow))
    return 0


def _write(functions: FunctionSet, *, check: bool) -> int:
    stale = [
        name
        for name, text in files(functions).items()
        if not (ROOT / name).exists() or (ROOT / name).read_text() != text
    ]
    if check and stale:
        print(f"stale: {', '.join(stale)}; run: nox -s workflow -- write", file=sys.stderr)
        return 1
    for name in stale:
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(files(functions)[name])
        print(f"written: {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
