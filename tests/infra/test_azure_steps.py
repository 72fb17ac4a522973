"""What the Azure root has the CLI do while it is applied, with stand-ins for `az` and `curl` that are as slow as Azure."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.infra import INFRA

STAND_IN = """#!{python}
# Notes how it is called; fails as often as the rule for that says, then prints what the rule says. What `az` prints is
# JSON, of which --query takes a part, as the CLI does it.
import json, pathlib, sys
folder, name = pathlib.Path("{folder}"), "{name}"
call = " ".join([name, *sys.argv[1:]])
with (folder / "calls").open("a") as calls:
    print(call, file=calls)
if name == "curl":
    (folder / "curl.stdin").write_text(sys.stdin.read())
for path in sorted((folder / "rules").iterdir()):
    rule = json.loads(path.read_text())
    if rule["pattern"] not in call:
        continue
    if rule["fails"] > 0:
        path.write_text(json.dumps(rule | dict(fails=rule["fails"] - 1)))
        sys.exit(rule["error"])
    says = rule["says"][0]
    if len(rule["says"]) > 1:
        path.write_text(json.dumps(rule | dict(says=rule["says"][1:])))
    if name == "az" and "--query" in sys.argv:
        import jmespath
        says = jmespath.search(sys.argv[sys.argv.index("--query") + 1], says)
    # A deployment that is looked at anew each time has another id each time.
    print("" if says is None else str(says).replace("ANEW", str(len((folder / "calls").read_text()))))
    break
"""
PLACE = {"SUBSCRIPTION": "0000", "GROUP": "trefoil-prod", "APP": "trefoil-prod-api123"}


@dataclass(frozen=True)
class Azure:
    folder: Path

    def when(self, pattern: str, *says: object, fails: int = 0, error: str = "(AuthorizationFailed) 403") -> None:
        """What is said to a call with this in it: one after the other, and then always the last."""
        rules = self.folder / "rules"
        rule = {"pattern": pattern, "says": says or [""], "fails": fails, "error": error}
        (rules / f"{len(list(rules.iterdir()))}").write_text(json.dumps(rule))

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


def standing_in(folder: Path) -> Azure:
    """Stand-ins in `folder`/bin, which nothing is asked of yet."""
    (folder / "bin").mkdir()
    (folder / "rules").mkdir()
    for name in ("az", "curl"):
        path = folder / "bin" / name
        path.write_text(STAND_IN.format(python=sys.executable, name=name, folder=folder))
        path.chmod(0o755)
    return Azure(folder)


@pytest.fixture
def azure(tmp_path: Path) -> Azure:
    return standing_in(tmp_path)


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


# As Azure's API describes an app: https://learn.microsoft.com/rest/api/appservice/web-apps/get
HOSTS = [
    {"name": "trefoil-prod-api123.azurewebsites.net", "hostType": "Standard"},
    {"name": "trefoil-prod-api123.scm.azurewebsites.net", "hostType": "Repository"},
]
TAKEN, FAILED, BUSY = (f'{{"id": "new", "status": {status}}} 200' for status in (4, 3, 1))
FORMER = '{"id": "former", "status": 4} 200'


def publishing(azure: Azure, *latest: str) -> None:
    azure.when("functionapp show", {"properties": {"hostNameSslStates": HOSTS}})
    azure.when("get-access-token", {"accessToken": "secret-token"})
    azure.when("/api/deployments/latest", *latest)


def test_a_package_is_published_as_it_is_and_until_azure_has_it(azure: Azure, tmp_path: Path) -> None:
    publishing(azure, "not found 404", "not found 404", "not found 404", "not found 404", BUSY, TAKEN)
    azure.when("/api/publish", fails=2, error="InaccessibleStorageException: 403")
    done = azure.step("publish", PACKAGE=str(tmp_path / "azure.zip"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("InaccessibleStorageException: 403") == 2
    sent = [call for call in azure.calls if "/api/publish" in call][-1]
    assert "https://trefoil-prod-api123.scm.azurewebsites.net/api/publish?RemoteBuild=false&Deployer=terraform" in sent
    assert f"--data-binary @{tmp_path}/azure.zip" in sent
    after = len(azure.calls) - azure.calls[::-1].index(sent)
    asked = azure.calls[after:]
    assert len(asked) == 3, "nothing there yet, not done yet, done"
    assert all(call.endswith("/api/deployments/latest") for call in asked)


def test_what_was_published_before_is_not_taken_for_it(azure: Azure) -> None:
    publishing(azure, FORMER, FORMER, FORMER, TAKEN)
    assert azure.step("publish", PACKAGE="azure.zip").returncode == 0
    assert sum(call.endswith("/api/deployments/latest") for call in azure.calls) == 4


def test_an_app_that_older_versions_of_the_cli_describe_is_published_too(azure: Azure) -> None:
    azure.when("functionapp show", {"hostNameSslStates": HOSTS})
    publishing(azure, "404", TAKEN)
    assert azure.step("publish", PACKAGE="azure.zip").returncode == 0


def test_an_app_without_an_address_to_publish_at_is_said(azure: Azure) -> None:
    azure.when("functionapp show", {"properties": {}})
    done = azure.step("publish", patience=0, PACKAGE="azure.zip")
    assert done.returncode == 1
    assert "Azure names no address that trefoil-prod-api123 is published at" in done.stderr


def test_no_list_of_processes_shows_the_token(azure: Azure) -> None:
    publishing(azure, "404", TAKEN)
    azure.step("publish", PACKAGE="azure.zip")
    assert not any("secret-token" in call for call in azure.calls)
    assert 'header = "Authorization: Bearer secret-token"' in (azure.folder / "curl.stdin").read_text()


def test_a_package_that_azure_can_not_take_fails_the_apply(azure: Azure) -> None:
    publishing(azure, "404", FAILED)
    done = azure.step("publish", patience=0, PACKAGE="azure.zip")
    assert done.returncode == 1
    assert "Azure could not take the package" in done.stderr


def test_a_deployment_that_is_done_and_forgotten_is_done(azure: Azure) -> None:
    publishing(azure, "404", BUSY, "404")
    assert azure.step("publish", PACKAGE="azure.zip").returncode == 0


def references(status: str) -> dict[str, object]:
    """https://learn.microsoft.com/rest/api/appservice/web-apps/get-app-settings-key-vault-references"""
    other = {"name": "OTHER", "properties": {"status": "Resolved"}}
    return {"value": [other, {"name": "TREFOIL_SIGNING_KEY", "properties": {"status": status}}]}


def test_a_secret_is_read_again_until_it_is_resolved_and_only_then_the_app_restarts(azure: Azure) -> None:
    azure.when("--method get", references("AccessToKeyVaultDenied"))
    done = azure.step("secrets", patience=0)
    assert done.returncode == 1
    assert "TREFOIL_SIGNING_KEY is AccessToKeyVaultDenied" in done.stderr
    assert not any("restart" in call for call in azure.calls)
    (azure.folder / "rules" / "0").unlink()
    azure.when("--method get", references("Resolved"))
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
