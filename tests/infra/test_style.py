"""Rules of the Terraform code that its own tools don't check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.infra.roots import read, resources
from tools.infra import INFRA, ROOTS

FILES = sorted(path for path in INFRA.rglob("*.tf") if ".terraform" not in path.parts)
DATE = re.compile(r"\b20[0-9]{2}-[01][0-9]-[0-3][0-9]\b")
POLICY_LANGUAGE = "2012-10-17"
"""The version of IAM's policy language."""
# A permission on everything: "*" alone, an action of all of a service, or an ARN that ends in one.
WILDCARD = re.compile(r'"\*"|"[a-z0-9-]+:\*"|/\*"')
PERMISSION = re.compile(r"\b(Action|Resource|Principal|source_arn|actions|not_actions)\b")
SECRETS = {
    "aws_ssm_parameter": "value",
    "google_secret_manager_secret_version": "secret_data",
    "azurerm_key_vault_secret": "value",
}


def ids(path: Path) -> str:
    return str(path.relative_to(INFRA))


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_no_date_is_written_down(path: Path) -> None:
    assert set(DATE.findall(path.read_text())) <= {POLICY_LANGUAGE}, "a date expires: make it a variable"


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_a_provider_is_configured_by_roots_only(path: Path) -> None:
    roots = {INFRA / root for root in ROOTS} | {INFRA / "bootstrap" / root for root in ROOTS}
    assert "provider" not in read(path) or path.parent in roots


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_a_wildcard_permission_says_why(path: Path) -> None:
    """On its line, or where its statement denies something."""
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        if PERMISSION.search(line) and WILDCARD.search(line) and "#" not in line:
            denies = any('"Deny"' in near for near in lines[max(0, number - 4) : number])
            assert denies, f"{path.name}:{number + 1}: {line.strip()}"


@pytest.mark.parametrize("root", ROOTS)
def test_no_secret_is_in_the_state(root: str) -> None:
    secrets = {name: body for name, body in resources(INFRA / root).items() if name.split(".")[0] in SECRETS}
    assert secrets
    for name, body in secrets.items():
        argument = SECRETS[name.split(".")[0]]
        assert f"{argument}_wo" in body, name
        assert argument not in body, name


@pytest.mark.parametrize("root", ROOTS)
def test_one_secret_is_in_one_variable_that_is_kept_nowhere(root: str) -> None:
    variables = {name: body for one in read(INFRA / root / "variables.tf")["variable"] for name, body in one.items()}
    secret = [name for name, body in variables.items() if body.get("sensitive")]
    assert secret == ["signing_key"]
    assert variables["signing_key"]["ephemeral"]
