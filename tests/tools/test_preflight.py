"""What a deployment is told before anything is installed, on machines that lack one thing or another."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tools.preflight import ROOT, Machine, check

ACCOUNT = {"aws": "210987654321", "gcp": "energy-prod-77", "azure": "11111111-2222-4333-8444-555555555555"}
LOGGED_IN = {
    "terraform version -json": '{"terraform_version": "1.11.4"}',
    "aws configure export-credentials --format process": '{"AccessKeyId": "A", "SecretAccessKey": "S"}',
    "aws sts get-caller-identity --query Account --output text": ACCOUNT["aws"],
    "gcloud auth application-default print-access-token": "ya29.token",
    f"az account show --query id --output tsv --subscription {ACCOUNT['azure']}": ACCOUNT["azure"],
}
TOOLS = ("terraform", "aws", "gcloud", "az", "curl")


@dataclass(frozen=True)
class Place:
    """The two files, and a machine with every tool and login."""

    folder: Path
    tools: Sequence[str] = TOOLS
    environment: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, str | subprocess.CompletedProcess[str]] = field(default_factory=dict)

    def problems(self, provider: str) -> list[str]:
        machine = Machine(self.environment, lambda name: f"/usr/bin/{name}" if name in self.tools else None, self._run)
        return list(check(provider, self.folder / "mine.tfvars", self.folder / "mine.json", machine))

    def _run(self, command: Sequence[str], **_: object) -> subprocess.CompletedProcess[str]:
        said = {**LOGGED_IN, **self.said}.get(" ".join(command))
        assert said is not None, f"asked {command}, which this machine does not know"
        return subprocess.CompletedProcess(command, 0, said, "") if isinstance(said, str) else said


def failing(said: str, code: int = 1) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess([], code, "", said)


@pytest.fixture
def place(tmp_path: Path) -> Callable[..., Place]:
    def made(provider: str, **machine: object) -> Place:
        (tmp_path / "mine.tfvars").write_text(f'account_id = "{ACCOUNT[provider]}" # ours\nregion="x"\n')
        (tmp_path / "mine.json").write_text('{"bucket": "b"}')
        return Place(tmp_path, **machine)  # type: ignore[arg-type]

    return made


@pytest.mark.parametrize("provider", ACCOUNT)
def test_where_all_is_there_nothing_is_said(place: Callable[..., Place], provider: str) -> None:
    assert place(provider).problems(provider) == []


def test_everything_that_is_missing_is_named_at_once(tmp_path: Path) -> None:
    settings, backend, terraform, az, curl = Place(tmp_path, tools=()).problems("azure")
    assert settings == (
        f"{tmp_path}/mine.tfvars is not there: cp infra/examples/azure.tfvars {tmp_path}/mine.tfvars, and write your "
        "account into it (docs/deploy-azure.md)"
    )
    assert backend.startswith(f"{tmp_path}/mine.json is not there: make the place of Terraform's state")
    assert terraform.startswith("terraform is not here: 1.11 or later")
    assert az == "az is not here, and publishes the package: https://aka.ms/azure-cli"
    assert curl.startswith("curl is not here")


@pytest.mark.parametrize("provider", ACCOUNT)
def test_the_examples_own_account_is_nobodys(place: Callable[..., Place], provider: str) -> None:
    here = place(provider, said={} if provider != "azure" else _example_of_azure())
    (here.folder / "mine.tfvars").write_text((ROOT / "infra" / "examples" / f"{provider}.tfvars").read_text())
    assert [one for one in here.problems(provider) if "example's account_id: write your own" in one]


def _example_of_azure() -> Mapping[str, subprocess.CompletedProcess[str]]:
    example = "00000000-0000-4000-8000-000000000000"
    return {f"az account show --query id --output tsv --subscription {example}": failing("not found")}


def test_a_file_of_settings_without_an_account_is_told(place: Callable[..., Place]) -> None:
    here = place("gcp")
    (here.folder / "mine.tfvars").write_text('# account_id = "energy-prod-77"\n')
    [problem] = here.problems("gcp")
    assert "has no account_id" in problem


@pytest.mark.parametrize("text", ["", "bucket = b", "[1]", '{"bucket": null}'])
def test_a_backend_that_is_no_object_of_texts_is_told(place: Callable[..., Place], text: str) -> None:
    here = place("gcp")
    (here.folder / "mine.json").write_text(text)
    [problem] = here.problems("gcp")
    assert "mine.json is no JSON object of texts" in problem


@pytest.mark.parametrize(
    ("version", "old"), [("1.10.5", True), ("1.9.0", True), ("1.11.0-rc1", False), ("2.0.0", False)]
)
def test_a_terraform_that_is_too_old_is_told(place: Callable[..., Place], version: str, old: bool) -> None:
    said = {"terraform version -json": json.dumps({"terraform_version": version})}
    problems = place("gcp", said=said).problems("gcp")
    assert bool(problems) == old
    assert not problems or problems[0].startswith(f"terraform is {version}: take 1.11 or later")


EXPORT = "aws configure export-credentials --format process"


def test_an_aws_login_that_has_expired_is_told_before_anything_is_done(place: Callable[..., Place]) -> None:
    expired = failing("\nError when retrieving token from sso: Token has expired and refresh failed\n", 255)
    assert place("aws", said={EXPORT: expired}).problems("aws") == [
        f"nobody is logged in to AWS: aws sso login (or aws configure). It says: {expired.stderr.strip()}"
    ]


def test_version_1_of_the_aws_cli_exports_no_login(place: Callable[..., Place]) -> None:
    old = failing("aws: error: argument subcommand: Invalid choice, valid choices are:\n\nget", 2)
    [problem] = place("aws", said={EXPORT: old}).problems("aws")
    assert "version 1" in problem
    keys = {"AWS_ACCESS_KEY_ID": "A"}
    assert place("aws", said={EXPORT: old}, environment=keys).problems("aws") == []


def test_keys_in_the_environment_need_no_aws_cli(place: Callable[..., Place]) -> None:
    assert place("aws", tools=["terraform"], environment={"AWS_ACCESS_KEY_ID": "A"}).problems("aws") == []
    [problem] = place("aws", tools=["terraform"]).problems("aws")
    assert "no keys in the environment" in problem


@pytest.mark.parametrize("provider", ["aws", "azure"])
def test_a_login_of_another_account_is_told(place: Callable[..., Place], provider: str) -> None:
    asked = next(command for command, said in LOGGED_IN.items() if said == ACCOUNT[provider])
    [problem] = place(provider, said={asked: "another"}).problems(provider)
    assert problem.startswith(f"the login is one of another, and account_id is {ACCOUNT[provider]}")


def test_an_azure_login_without_that_subscription_is_told(place: Callable[..., Place]) -> None:
    asked = f"az account show --query id --output tsv --subscription {ACCOUNT['azure']}"
    problems = place("azure", said={asked: failing("Please run 'az login' to setup account.")}).problems("azure")
    assert problems == [
        f"nobody is logged in to {ACCOUNT['azure']}: az login. It says: Please run 'az login' to setup account."
    ]


def test_google_clouds_credentials_may_be_a_file(place: Callable[..., Place]) -> None:
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": "/run/key.json"}
    assert place("gcp", tools=["terraform"], environment=environment).problems("gcp") == []
    [problem] = place("gcp", tools=["terraform"]).problems("gcp")
    assert "gcloud is not here" in problem
    expired = {"gcloud auth application-default print-access-token": failing("Reauthentication failed.")}
    [problem] = place("gcp", said=expired).problems("gcp")
    assert "gcloud auth application-default login. It says: Reauthentication failed." in problem


def test_it_runs_with_nothing_but_python(tmp_path: Path) -> None:
    """As nox calls it, before the session's environment has anything: no site-packages at all."""
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        "import sys; sys.path.insert(0, '.'); from tools.preflight import main; main()",
    ]
    done = subprocess.run(
        [*command, "gcp", "--settings", f"{tmp_path}/no"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert f"{tmp_path}/no is not there" in done.stderr, done.stderr
