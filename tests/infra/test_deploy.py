"""The deploy path up to the cloud: what it says when something is missing, and that a failure can be gone on from."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.kernel.functions import load
from tools import versions
from tools.deploy import STATE, Refused, _admits_anybody, _agree, _check_kept, _check_same, _login
from tools.infra import INFRA
from tools.root import LOCK, Plan, Root, TerraformFailed


def deploy(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.deploy", *arguments]
    return subprocess.run(command, cwd=INFRA.parent, capture_output=True, text=True, check=False)


def test_what_is_missing_is_said_before_anything_is_made(tmp_path: Path) -> None:
    done = deploy("aws", "--settings", str(tmp_path / "no.tfvars"), "--backend", str(tmp_path / "no.json"))
    assert done.returncode == 1
    assert f"{tmp_path}/no.tfvars is not there: cp infra/examples/aws.tfvars" in done.stderr
    assert f"{tmp_path}/no.json is not there" in done.stderr
    assert done.stdout == ""


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


def test_the_plan_that_was_shown_is_what_is_done(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "main.tf").write_text(ROOT)
    root = Root(tmp_path, {"made": True})
    root.init()
    with root.plan() as plan:
        assert set(plan.changes) == {"terraform_data.first", "terraform_data.second"}
        assert "2 to add, 0 to change, 0 to destroy" in capfd.readouterr().out
        root.do(plan)
    assert not plan.path.exists(), "it may hold secrets"
    with root.plan(destroy=True) as plan:
        assert all(actions == ["delete"] for actions in plan.changes.values())
        root.do(plan)
    assert root.outputs() == {}


def test_a_secret_that_no_plan_keeps_is_taken_from_the_environment_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "main.tf").write_text(
        'variable "signing_key" {\n  type = string\n  ephemeral = true\n}\n\nresource "terraform_data" "it" {\n'
        '  provisioner "local-exec" {\n    command = "echo made"\n  }\n}\n'
    )
    monkeypatch.setenv("TF_VAR_signing_key", "a-key-that-is-secret")
    root = Root(tmp_path, {})
    root.init()
    with root.plan() as plan:
        assert b"a-key-that-is-secret" not in plan.path.read_bytes()
        root.do(plan)
    assert "a-key-that-is-secret" not in (tmp_path / "terraform.tfstate").read_text()


PLAN = Plan(Path("plan"), {"aws_sqs_queue.live": ["create"]})


@pytest.mark.parametrize(("answer", "done"), [("y", True), ("yes", True), ("", False), ("n", False), ("later", False)])
def test_what_is_planned_is_asked_for(answer: str, done: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    if done:
        _agree(PLAN, "Do all of this?", yes=False)
    else:
        with pytest.raises(Refused, match="nothing was done"):
            _agree(PLAN, "Do all of this?", yes=False)


def test_a_machine_must_say_yes_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(Refused, match="give --yes"):
        _agree(PLAN, "Do all of this?", yes=False)
    _agree(PLAN, "Do all of this?", yes=True)
    _agree(Plan(Path("plan"), {}), "Do all of this?", yes=False)


@pytest.mark.parametrize("provider", STATE)
def test_a_plan_that_would_remove_the_data_is_not_done(provider: str) -> None:
    assert STATE[provider].partition("[")[0] in (INFRA / provider / "buckets.tf").read_text().replace('" "', ".")
    _check_kept(provider, Plan(Path("plan"), {STATE[provider]: ["update"], "other": ["delete"]}))
    with pytest.raises(Refused, match="which holds the data"):
        _check_kept(provider, Plan(Path("plan"), {STATE[provider]: ["delete", "create"]}))


def test_the_login_of_the_aws_cli_opens_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cli = tmp_path / "aws"
    cli.write_text(
        '#!/bin/sh\necho \'{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": "T"}\'\n'
    )
    cli.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    assert _login() == {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_SESSION_TOKEN": "T"}
    cli.write_text("#!/bin/sh\necho 'Token has expired and refresh failed' >&2\nexit 255\n")
    with pytest.raises(Refused, match="Token has expired"):
        _login()
    cli.unlink()
    assert _login() == {}
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "A")
    assert _login() == {}


def test_a_first_deployment_locks_the_versions_that_are_tested(tmp_path: Path) -> None:
    configuration = os.environ.get("TF_CLI_CONFIG_FILE")
    mirrored = re.search(r'path\s*=\s*"([^"]+)"', Path(configuration).read_text()) if configuration else None
    if mirrored is None:
        pytest.skip("needs a mirror of providers (TF_CLI_CONFIG_FILE): a registry is not asked in a test")
    shutil.copytree(INFRA, tmp_path / "infra", ignore=shutil.ignore_patterns(".terraform*"))
    folder = tmp_path / "infra" / "gcp"
    before = {path.name for path in folder.iterdir()}
    root = Root(folder, {})
    assert root.lock([_platform()], fs_mirror=mirrored[1])
    locked = (folder / LOCK).read_text()
    for name in ("google", "time"):
        assert re.search(rf'hashicorp/{name}" {{\n  version +?= "{versions.tested()[name]}"', locked), locked
    assert {path.name for path in folder.iterdir()} == before | {".terraform", LOCK}
    assert not root.lock(), "what is locked stays so"
    assert root.drift() == []
    (folder / LOCK).write_text(locked.replace(f'"{versions.tested()["google"]}"', '"7.45.0"', 1))
    assert root.drift() == ["google 7.45.0"]


def _platform() -> str:
    said = subprocess.run(["terraform", "version", "-json"], capture_output=True, text=True, check=True).stdout
    return str(json.loads(said)["platform"])


def test_where_no_registry_answers_the_deployment_goes_on(tmp_path: Path) -> None:
    shutil.copy(INFRA / "gcp" / "terraform.tf", tmp_path)
    with pytest.raises(TerraformFailed):
        Root(tmp_path, {}).lock(["linux_amd64"], net_mirror="https://mirror.invalid/")
    assert not (tmp_path / "tested_override.tf").exists()


def test_only_google_cloud_may_admit_nobody() -> None:
    """Then nothing is waited for: everything answers 403 until callers are admitted by other means."""
    assert not _admits_anybody("gcp", {"public_invoker": "false"})
    assert _admits_anybody("gcp", {})
    assert _admits_anybody("aws", {"public_invoker": "false"})
