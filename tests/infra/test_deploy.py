"""The deploy path up to the cloud: what it says when something is missing, and that a failure can be gone on from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.kernel.functions import load
from tools.deploy import _check_same, remedy
from tools.infra import INFRA
from tools.root import Root, TerraformFailed

# What the providers say, from their issue trackers and, for AWS, from the provider itself.
SAID = {
    "login": {
        "aws": "Error: No valid credential sources found",
        "gcp": "Error: google: could not find default credentials. See https://cloud.google.com/docs/authentication",
        "azure": "Error: unable to build authorizer for Resource Manager API: could not configure AzureCli Authorizer: "
        "please ensure you have installed Azure CLI and run az login",
    },
    "expired": {
        "aws": "api error ExpiredToken: The security token included in the request is expired",
        "gcp": 'oauth2: "invalid_grant" "reauth related error (invalid_rapt)"',
        "azure": "AADSTS70043: The refresh token has expired or is invalid",
    },
    "permission": {
        "aws": "api error AccessDenied: User: arn:aws:iam::1:user/x is not authorized to perform: lambda:CreateFunction",
        "gcp": "googleapi: Error 403: Permission 'cloudfunctions.functions.create' denied on resource",
        "azure": "AuthorizationFailed: The client does not have authorization to perform action 'Microsoft.Web/sites/write'",
    },
    "other": {"aws": "Error: Invalid value for variable"},
}
REMEDY = {"login": "login", "expired": "login", "permission": "permission", "other": "run this again"}


@pytest.mark.parametrize(("kind", "provider"), [(kind, provider) for kind, said in SAID.items() for provider in said])
def test_a_failure_comes_with_what_to_do(kind: str, provider: str) -> None:
    assert REMEDY[kind] in remedy(provider, SAID[kind][provider])
    assert ("login" in remedy(provider, SAID[kind][provider])) == (REMEDY[kind] == "login")


def deploy(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.deploy", *arguments]
    return subprocess.run(command, cwd=INFRA.parent, capture_output=True, text=True, check=False)


def test_missing_settings_or_backend_are_one_clear_line(tmp_path: Path) -> None:
    settings, backend = tmp_path / "no.tfvars", tmp_path / "no.json"
    done = deploy("aws", "--settings", str(settings), "--backend", str(backend))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [f"{settings} is not there: copy infra/examples, and docs/deploy-*.md"]
    settings.write_text("")
    done = deploy("aws", "--settings", str(settings), "--backend", str(backend))
    assert done.stderr.splitlines() == [f"{backend} is not there: see infra/bootstrap, and docs/deploy-*.md"]


ROOT = """
variable "made" {
  type = bool
}

resource "terraform_data" "first" {}

resource "terraform_data" "second" {
  provisioner "local-exec" {
    command = var.made ? "true" : "echo the second can not be made yet; exit 7"
  }
  depends_on = [terraform_data.first]
}

output "second" {
  value = terraform_data.second.id
}
"""


def test_a_half_failed_apply_goes_on_when_it_is_run_again(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "main.tf").write_text(ROOT)
    failing = Root(tmp_path, {"made": False})
    failing.init()
    assert failing.outputs() == {}
    with pytest.raises(TerraformFailed, match="the second can not be made yet"):
        failing.apply()
    again = Root(tmp_path, {"made": True})
    assert list(again.changes()) == ["terraform_data.second"]
    again.apply()
    assert "Creation complete" in capfd.readouterr().out, "progress is shown as it comes"
    assert again.changes() == {}
    assert set(again.outputs()) == {"second"}
    again.destroy()
    assert again.outputs() == {}


def test_another_function_set_is_not_replaced_unasked() -> None:
    _check_same({}, load("core.energy"))
    _check_same({"api": "trefoil-prod-api", "jobs": "x"}, load("core.energy"))
    with pytest.raises(ValueError, match="another function set is deployed there \\(web, keep\\)"):
        _check_same({"web": "trefoil-prod-web", "keep": "x"}, load("core.energy"))
