"""What the Azure root has the CLI do while it is applied, with stand-ins for `az` and `curl` that are as slow as Azure."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.infra import INFRA

STAND_IN = """#!/bin/sh
# Notes how it is called; fails as often as the rule for that says, then prints what the rule says.
[ "{name}" = curl ] && cat >>"{folder}/curl.stdin"
echo "{name} $*" >>"{folder}/calls"
for rule in "{folder}"/rules/*; do
  [ -e "$rule" ] || continue
  pattern=$(sed -n 1p "$rule") fails=$(sed -n 2p "$rule")
  case "{name} $*" in *"$pattern"*)
    if [ "$fails" -gt 0 ]; then
      sed -i "2s/.*/$((fails - 1))/" "$rule"
      echo "$(sed -n 4p "$rule")" >&2
      exit 1
    fi
    sed -n 3p "$rule"
    exit 0
  ;; esac
done
"""
PLACE = {"SUBSCRIPTION": "0000", "GROUP": "trefoil-prod", "APP": "trefoil-prod-api123"}


@dataclass(frozen=True)
class Azure:
    folder: Path

    def when(self, pattern: str, says: str = "", *, fails: int = 0, error: str = "(AuthorizationFailed) 403") -> None:
        rules = self.folder / "rules"
        (rules / f"{len(list(rules.iterdir()))}").write_text(f"{pattern}\n{fails}\n{says}\n{error}\n")

    @property
    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def step(self, name: str, patience: int = 30, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **PLACE,
            **more,
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
            "PATIENCE": str(patience),
            "PAUSE": "0",
        }
        command = ["sh", str(INFRA / "azure" / "steps.sh"), name]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def azure(tmp_path: Path) -> Azure:
    (tmp_path / "bin").mkdir()
    (tmp_path / "rules").mkdir()
    for name in ("az", "curl"):
        path = tmp_path / "bin" / name
        path.write_text(STAND_IN.format(name=name, folder=tmp_path))
        path.chmod(0o755)
    return Azure(tmp_path)


def test_a_role_that_does_not_hold_yet_is_waited_for(azure: Azure) -> None:
    azure.when("storage container list", fails=3)
    done = azure.step("roles", ACCOUNTS="trefoilprods1 trefoilprodw1", VAULT="trefoilprodk1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("the role on trefoilprods1: not yet") == 3
    assert "(AuthorizationFailed) 403" in done.stdout
    tried = [call.split("--account-name ")[1].split()[0] for call in azure.calls if "container list" in call]
    assert tried == ["trefoilprods1"] * 4 + ["trefoilprodw1"]
    assert "keyvault secret list" in azure.calls[-1]


def test_what_does_not_come_about_fails_with_what_was_said_last(azure: Azure) -> None:
    azure.when("keyvault secret list", fails=99, error="Caller is not authorized to perform action on resource")
    done = azure.step("roles", patience=0, ACCOUNTS="one", VAULT="vault")
    assert done.returncode == 1
    assert "Caller is not authorized" in done.stderr
    assert "the role on vault: not within 0 seconds. Once that is mended, apply again" in done.stderr


def test_the_keyless_connection_strings_are_taken_away(azure: Azure) -> None:
    assert azure.step("settings").returncode == 0
    [call] = azure.calls
    assert "--setting-names AzureWebJobsStorage DEPLOYMENT_STORAGE_CONNECTION_STRING" in call
    assert "--subscription 0000 --resource-group trefoil-prod --name trefoil-prod-api123" in call


def publishing(azure: Azure) -> None:
    azure.when("functionapp show", "trefoil-prod-api123.scm.azurewebsites.net")
    azure.when("get-access-token", "secret-token")


def test_a_package_is_published_as_it_is_and_until_azure_has_it(azure: Azure, tmp_path: Path) -> None:
    publishing(azure)
    azure.when("/api/publish", fails=2, error="InaccessibleStorageException: 403")
    azure.when("/api/deployments/latest", '{"id": "1", "status": 4} 200')
    done = azure.step("publish", PACKAGE=str(tmp_path / "azure.zip"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("InaccessibleStorageException: 403") == 2
    [*_, sent, asked] = [call for call in azure.calls if call.startswith("curl")]
    assert "https://trefoil-prod-api123.scm.azurewebsites.net/api/publish?RemoteBuild=false&Deployer=terraform" in sent
    assert f"--data-binary @{tmp_path}/azure.zip" in sent
    assert asked.endswith("/api/deployments/latest")


def test_no_list_of_processes_shows_the_token(azure: Azure) -> None:
    publishing(azure)
    azure.when("/api/deployments/latest", '{"status": 4} 200')
    azure.step("publish", PACKAGE="azure.zip")
    assert not any("secret-token" in call for call in azure.calls)
    assert 'header = "Authorization: Bearer secret-token"' in (azure.folder / "curl.stdin").read_text()


def test_a_package_that_azure_can_not_take_fails_the_apply(azure: Azure) -> None:
    publishing(azure)
    azure.when("/api/deployments/latest", '{"status": 3} 200')
    done = azure.step("publish", patience=0, PACKAGE="azure.zip")
    assert done.returncode == 1
    assert "Azure could not take the package" in done.stderr


def test_a_deployment_that_is_done_and_forgotten_is_done(azure: Azure) -> None:
    publishing(azure)
    azure.when("/api/deployments/latest", "not found 404")
    assert azure.step("publish", PACKAGE="azure.zip").returncode == 0


def test_a_secret_is_read_again_until_it_is_resolved_and_only_then_the_app_restarts(azure: Azure) -> None:
    azure.when("--method get", "AccessToKeyVaultDenied", fails=0)
    done = azure.step("secrets", patience=0)
    assert done.returncode == 1
    assert "TREFOIL_SIGNING_KEY is AccessToKeyVaultDenied" in done.stderr
    assert not any("restart" in call for call in azure.calls)
    (azure.folder / "rules" / "0").unlink()
    azure.when("--method get", "Resolved")
    assert azure.step("secrets").returncode == 0
    refreshed, asked, restarted = azure.calls[-3:]
    path = (
        "/subscriptions/0000/resourceGroups/trefoil-prod/providers/Microsoft.Web/sites/trefoil-prod-api123"
        "/config/configreferences/appsettings"
    )
    assert f"az rest --method post --url {path}/refresh?api-version=" in refreshed
    assert f"az rest --method get --url {path}?api-version=" in asked
    assert "functionapp restart" in restarted


def test_without_the_cli_the_apply_says_what_is_missing(tmp_path: Path) -> None:
    for name in ("mktemp", "rm"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    command = ["/bin/sh", str(INFRA / "azure" / "steps.sh"), "settings"]
    done = subprocess.run(command, env={**PLACE, "PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["az, the Azure CLI, is needed and is not here: https://aka.ms/azure-cli"]
