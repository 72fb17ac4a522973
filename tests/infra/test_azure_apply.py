"""The Azure root applied, with its providers mocked and stand-ins for the CLI: which step is taken when."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.infra.conftest import Terraform
from tests.infra.test_azure_steps import Azure, publishing, references, standing_in

STEPS = {
    "settings": "config appsettings delete",
    "package": "/api/publish?",
    "secrets": "configreferences/appsettings/refresh",
    "roles": "keyvault secret list",
}
RUN = 'run "{name}" {{\n  variables {{\n    {given}\n  }}\n}}\n'
VARIABLES = """variables {
  account_id    = "00000000-0000-4000-8000-000000000000"
  region        = "uksouth"
  signing_key   = "-----BEGIN PRIVATE KEY-----"
  force_destroy = true
}
"""


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Azure:
    azure = standing_in(tmp_path)
    publishing(azure, '{"id": "ANEW", "status": 4} 200')
    azure.when("--method get", references("Resolved"))
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv("PAUSE", "0")
    monkeypatch.setenv("PATIENCE", "60")
    return azure


def applied(terraform: Terraform, copy: Path, *given: str) -> None:
    """Apply once for each of these inputs, one after the other, then destroy all."""
    runs = "".join(RUN.format(name=f"step_{number}", given=one) for number, one in enumerate(given))
    tests = copy / "azure" / "tests"
    # What is made up in a plan would be made up anew in its apply.
    mocks = (tests / "mocks" / "azurerm.tfmock.hcl").read_text().replace("override_during = plan", "")
    providers = f'mock_provider "azurerm" {{\n{mocks}\n}}\nmock_provider "time" {{}}\n'
    (tests / "steps.tftest.hcl").write_text(f"{providers}\n{VARIABLES}\n{runs}")
    done = terraform("azure", "test", "-no-color", "-filter=tests/steps.tftest.hcl")
    (tests / "steps.tftest.hcl").unlink()
    assert done.returncode == 0, done.stdout + done.stderr


def taken(azure: Azure) -> dict[str, int]:
    return {step: sum(said in call for call in azure.calls) for step, said in STEPS.items()}


def test_a_first_apply_waits_for_roles_then_takes_each_step_for_both_apps(
    terraform: Terraform, copy: Path, azure: Azure
) -> None:
    applied(terraform, copy, "")
    assert taken(azure) == {"settings": 2, "package": 2, "secrets": 2, "roles": 1}
    calls = "\n".join(azure.calls)
    assert calls.index(STEPS["roles"]) < calls.index(STEPS["settings"]) < calls.index(STEPS["package"])
    assert calls.rindex(STEPS["package"]) < calls.index(STEPS["secrets"])


def test_an_apply_that_changes_nothing_takes_no_step(terraform: Terraform, copy: Path, azure: Azure) -> None:
    applied(terraform, copy, "", "", 'alarm_email = "ops@example.com"')
    assert taken(azure) == {"settings": 2, "package": 2, "secrets": 2, "roles": 1}


def test_a_change_of_the_apps_takes_the_connection_strings_away_again(
    terraform: Terraform, copy: Path, azure: Azure
) -> None:
    applied(terraform, copy, "", 'log_level = "DEBUG"')
    assert taken(azure) == {"settings": 4, "package": 2, "secrets": 4, "roles": 1}


def test_a_new_version_of_the_key_has_both_apps_read_it(terraform: Terraform, copy: Path, azure: Azure) -> None:
    applied(terraform, copy, "", "signing_key_version = 2")
    assert taken(azure) == {"settings": 2, "package": 2, "secrets": 4, "roles": 1}


def test_a_new_package_is_published_and_nothing_else_is_done(terraform: Terraform, copy: Path, azure: Azure) -> None:
    other = copy.parent / "other"
    other.mkdir(exist_ok=True)
    (other / "azure.zip").write_bytes(b"another package")
    applied(terraform, copy, "", f'package_dir = "{other}"')
    assert taken(azure) == {"settings": 2, "package": 4, "secrets": 2, "roles": 1}
