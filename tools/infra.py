"""What the three Terraform roots have in common, from `infra/interface.json`: `python -m tools.infra`.

Writes `variables.tf` and `outputs.tf`, byte for byte the same in each root, the tests of what each variable refuses,
and each root's README. A root gives the outputs their values in `local.outputs`, and says what differs on its cloud in
`local.cloud`.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

INFRA = Path(__file__).parents[1] / "infra"
ROOTS = {"aws": "AWS", "gcp": "Google Cloud", "azure": "Azure"}
PLACE = {
    "aws": (("account_id", '"123456789012"'), ("region", '"eu-west-2"')),
    "gcp": (("account_id", '"trefoil-test-1234"'), ("region", '"europe-west2"')),
    "azure": (("account_id", '"00000000-0000-4000-8000-000000000000"'), ("region", '"uksouth"')),
}
"""Where the tests deploy to: nowhere."""
_KEPT = 'source = "./tests/mocks"\n'
_TIME = 'mock_provider "time" {}\n'
MOCKS = {
    "aws": f'mock_provider "aws" {{\n{_KEPT}}}\n\nmock_provider "aws" {{\nalias = "us_east_1"\n}}\n\n{_TIME}',
    "gcp": f'mock_provider "google" {{}}\n\nmock_provider "google" {{\nalias = "billing"\n}}\n\n{_TIME}',
    "azure": f'mock_provider "azurerm" {{\n{_KEPT}}}\n\n{_TIME}',
}
_VARIABLE = re.compile(r"\bvar\.(\w+)")
HEAD = "# Written by tools/infra.py from infra/interface.json: change that.\n"


def main() -> None:
    for path, text in files().items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            print(f"wrote {path.relative_to(INFRA.parent)}")


def read_interface() -> dict[str, Any]:
    return dict(json.loads((INFRA / "interface.json").read_text()))


def read_capabilities() -> list[dict[str, Any]]:
    return list(json.loads((INFRA / "capabilities.json").read_text()))


def files() -> dict[Path, str]:
    """The generated files with their content."""
    interface = read_interface()
    variables = formatted(HEAD + "".join(_variable(one) for one in interface["variables"]))
    outputs = formatted(HEAD + "".join(_output(one) for one in interface["outputs"]))
    written = {}
    for root in ROOTS:
        written[INFRA / root / "variables.tf"] = variables
        written[INFRA / root / "outputs.tf"] = outputs
        written[INFRA / root / "tests" / "refused.tftest.hcl"] = formatted(_refused(root, interface))
        written[INFRA / root / "README.md"] = _readme(root, interface)
    return written


def formatted(text: str) -> str:
    """As `terraform fmt` writes it."""
    command = ["terraform", "fmt", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def _variable(one: Mapping[str, Any]) -> str:
    lines = [f"description = {_string(one['description'])}", f"type = {one['type']}"]
    if "default" in one:
        lines.append(f"default = {json.dumps(one['default'])}")
    lines += [f"{flag} = true" for flag in ("sensitive", "ephemeral") if one.get(flag)]
    if not one.get("nullable"):
        lines.append("nullable = false")
    for rule in one.get("validations", []):
        # The conditions are expressions; the messages are templates, which may name what differs between clouds.
        message = json.dumps(rule["error_message"], ensure_ascii=False)
        lines.append(f"\nvalidation {{\ncondition = {rule['condition']}\nerror_message = {message}\n}}")
    return f"\nvariable {json.dumps(one['name'])} {{\n" + "\n".join(lines) + "\n}\n"


def _output(one: Mapping[str, Any]) -> str:
    name, description = one["name"], _string(one["description"])
    return f'\noutput "{name}" {{\ndescription = {description}\nvalue = local.outputs.{name}\n}}\n'


def _refused(root: str, interface: Mapping[str, Any]) -> str:
    """Every value that a variable must not take, in as few runs as can be, since each plans the whole root."""
    place = "".join(f"{name} = {value}\n" for name, value in PLACE[root])
    text = f"{HEAD}\n{MOCKS[root]}\nvariables {{\n{place}}}\n"
    for number, refused in enumerate(_rounds(interface["variables"]), start=1):
        given = "".join(f"{name} = {value}\n" for values in refused.values() for name, value in values.items())
        given = given.replace("@scheduled", _scheduled())
        failing = ", ".join(f"var.{name}" for name in refused)
        text += f'\nrun "refused_{number}" {{\ncommand = plan\n\nvariables {{\n{given}}}\n'
        text += f"\nexpect_failures = [{failing}]\n}}\n"
    return text


def _scheduled() -> str:
    """A function that a schedule fires, for what is said of one."""
    declared = json.loads((INFRA / "functions.json").read_text())["functions"]
    return str(next(name for name, one in declared.items() if one["trigger"] == "schedule"))


def _rounds(variables: Sequence[Mapping[str, Any]]) -> list[dict[str, Mapping[str, str]]]:
    """What is given in each run, by the variable that must refuse it.

    The first bad value of every variable is in the first run, the second in the second, and so on. A variable whose
    rules name others has runs of its own: terraform does not come to it when one of those is refused. So has one on
    which the rules of others hang (`refused_alone`).
    """
    shared: dict[int, dict[str, Mapping[str, str]]] = {}
    alone = []
    for one in variables:
        named = {name for rule in one.get("validations", []) for name in _VARIABLE.findall(rule["condition"])}
        for number, values in enumerate(one.get("refused", [])):
            if named == {one["name"]} and not one.get("refused_alone"):
                shared.setdefault(number, {})[one["name"]] = values
            else:
                alone.append({one["name"]: values})
    return [*shared.values(), *alone]


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("${", "$${")


def _readme(root: str, interface: Mapping[str, Any]) -> str:
    return "\n".join(
        (
            f"# Trefoil on {ROOTS[root]}",
            "",
            f"A Terraform root module. [How to deploy](../../docs/deploy-{root}.md), from an empty account on.",
            "",
            "Variables and outputs are those of every cloud, written with this page by `python -m tools.infra`.",
            "",
            "## What is made",
            "| capability | by |",
            "| --- | --- |",
            *_capabilities(root),
            "",
            "## Inputs",
            "| name | type | default | meaning |",
            "| --- | --- | --- | --- |",
            *(_input_row(one) for one in interface["variables"]),
            "",
            "## Outputs",
            "| name | meaning |",
            "| --- | --- |",
            *(f"| `{one['name']}` | {one['description']} |" for one in interface["outputs"]),
            "",
        )
    )


def _capabilities(root: str) -> Iterator[str]:
    for one in read_capabilities():
        yield f"| {one['capability']} | {', '.join(f'`{address}`' for address in one[root])} |"


def _input_row(one: Mapping[str, Any]) -> str:
    default = f"`{json.dumps(one['default'])}`" if "default" in one else "required"
    return f"| `{one['name']}` | `{one['type']}` | {default} | {one['description']} |"


if __name__ == "__main__":
    main()
