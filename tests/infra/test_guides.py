"""The guides to each cloud and the runbook: complete, and copyable as they stand."""

from __future__ import annotations

import re
import shlex
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.infra.test_plans import KEPT
from tools import versions
from tools.infra import ROOTS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PROVIDERS = {"aws": "aws", "gcp": "google", "azure": "azurerm"}
EVERY_DAY = (
    "Mails to customers",
    "Upgrade",
    "Roll back",
    "Rotate the signing key",
    "Put the data back to a time",
    "Dead letters",
    "Find what a request logged",
    "Remove everything",
)
ALARMS = (
    "aws_cloudwatch_metric_alarm",
    "google_monitoring_alert_policy",
    "azurerm_monitor_scheduled_query_rules_alert_v2",
)
SHELLS_OWN = {"PATH", "PWD"}


@cache
def guide(root: str) -> str:
    return (DOCS / f"deploy-{root}.md").read_text()


@cache
def blocks(root: str) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", guide(root), re.DOTALL)


@pytest.mark.parametrize("root", ROOTS)
def test_what_is_ones_own_is_in_one_list_at_the_top(root: str) -> None:
    yours, *others = blocks(root)
    assert all(line.startswith("export ") for line in yours.splitlines())
    assert "<" in yours
    for block in others:
        assert not re.search(r"<[^<>\n]+>", block), block


@pytest.mark.parametrize("root", ROOTS)
def test_a_shell_can_read_every_command(root: str) -> None:
    for block in blocks(root):
        done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{block}\n{done.stderr}"


@pytest.mark.parametrize("root", ROOTS)
def test_every_variable_has_a_value_by_the_time_it_is_used(root: str) -> None:
    known = set(SHELLS_OWN)
    for block in blocks(root):
        for line in block.splitlines():
            forms = r"(?:^|[\s;({])(?:export )?([A-Za-z_]+)=", r"for (\w+) in", r"read (?:-\w+ )*(\w+)"
            given = {name for form in forms for name in re.findall(form, line)}
            used = set(re.findall(r"\$\{?([A-Za-z_]\w*)", re.sub(r"'[^']*'", "", line)))
            assert used <= known | given, line
            known |= given


@pytest.mark.parametrize("root", ROOTS)
def test_every_session_and_root_that_is_named_is_there(root: str) -> None:
    sessions = set(re.findall(r"^def (\w+)\(session: nox.Session\)", (ROOT / "noxfile.py").read_text(), re.MULTILINE))
    text = "\n".join(blocks(root))
    assert set(re.findall(r"nox -s (\S+)", text)) <= sessions
    for folder in re.findall(r"-chdir=(\S+)", text):
        assert (ROOT / folder / "main.tf").exists() or (ROOT / folder / "terraform.tf").exists(), folder
    for command in re.findall(r"^trefoil (.+?)(?: >|$|\")", text, re.MULTILINE):
        assert shlex.split(command.split("$")[0].rstrip(' "'))[0] in ("keys", "dead-letters", "users", "grants"), (
            command
        )


@pytest.mark.parametrize("root", ROOTS)
def test_a_guide_says_where_each_tool_comes_from_and_which_version_was_tried(root: str) -> None:
    tested, text = versions.tested(), guide(root)
    for name in ("terraform", PROVIDERS[root], "time"):
        assert tested[name] in text, f"{name} {tested[name]}"
    assert ".venv/bin/pip install -qe '.[local]'" in text, "where trefoil comes from"
    assert re.search(r"in about (\d+ minutes|an hour)", text), "how long all of it takes"


@pytest.mark.parametrize("root", ROOTS)
def test_a_guide_has_what_every_day_needs_and_what_it_costs(root: str) -> None:
    headings = re.findall(r"^### (.+)$", guide(root), re.MULTILINE)
    assert headings == list(EVERY_DAY)
    assert re.search(r"\| a month \| idle \| a small customer: .+ \| a large one: .+ \|", guide(root))


@pytest.mark.parametrize("inputs", ["least", "full"])
@pytest.mark.parametrize("root", ROOTS)
def test_every_alarm_is_in_the_runbook(root: str, inputs: str) -> None:
    runbook = (DOCS / "runbook.md").read_text()
    headings = re.findall(r"^## (.+)$", runbook, re.MULTILINE)
    shapes = [re.compile(re.sub("FUNCTION|QUEUE", "[a-z_-]+", one)) for one in headings]
    plan = yaml.safe_load((KEPT / f"{root}-{inputs}.yaml").read_text())
    alarms = {address: body for address, body in plan.items() if address.startswith(ALARMS)}
    assert len(alarms) >= 8
    for address, body in alarms.items():
        found = re.search(r'\["(.+)"\]', address)
        name = found[1] if found else "dead-letters"
        assert any(shape.fullmatch(name) for shape in shapes), name
        assert "docs/runbook.md says what to do" in str(body), address
