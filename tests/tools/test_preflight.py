"""What a deployment is told before anything is installed, on machines that lack one thing or another."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from core.kernel.auth import users
from core.kernel.clock import system_clock
from core.kernel.documents import Documents
from core.kernel.errors import TrefoilError
from core.kernel.store import Store
from tools.preflight import ACCOUNTS, ROOT, SHORTEST_PASSWORD, Machine, check, parser_of

ACCOUNT = {"aws": "210987654321", "gcp": "energy-prod-77", "azure": "11111111-2222-4333-8444-555555555555"}
LOGGED_IN = {
    "terraform version -json": '{"terraform_version": "1.11.4"}',
    "aws configure export-credentials --format process": '{"AccessKeyId": "A", "SecretAccessKey": "S"}',
    "aws sts get-caller-identity --query Account --output text": ACCOUNT["aws"],
    "gcloud auth application-default print-access-token": "ya29.token",
    "az account get-access-token --query expiresOn": "2026-11-20 14:00:00",
    f"az account show --query id --subscription {ACCOUNT['azure']}": ACCOUNT["azure"],
}
TOOLS = ("terraform", "aws", "gcloud", "az", "curl")


@dataclass(frozen=True)
class Place:
    """The two files, and a machine with every tool and login."""

    folder: Path
    tools: Sequence[str] = TOOLS
    environment: Mapping[str, str] = field(default_factory=dict)
    asks: bool = True
    said: Mapping[str, str | subprocess.CompletedProcess[str]] = field(default_factory=dict)

    def problems(self, provider: str, *options: str) -> list[str]:
        which = {name: f"/usr/bin/{name}" for name in self.tools}.get
        where = ["--settings", str(self.folder / "mine.tfvars"), "--backend", str(self.folder / "mine.json")]
        given = parser_of("deploy").parse_args([provider, *where, *options])
        return list(check(given, Machine(self.environment, self.asks, which, self._run)))

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
        (tmp_path / "mine.json").write_text(json.dumps(dict.fromkeys(ACCOUNTS[provider].backend, "x")))
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
    example = (ROOT / "infra" / "examples" / f"{provider}.tfvars").read_text()
    here = place(provider, tools=["terraform"])
    (here.folder / "mine.tfvars").write_text(example)
    assert [one for one in here.problems(provider) if "example's account_id: write your own" in one]


@pytest.mark.parametrize(
    ("provider", "account"), [("aws", "1234"), ("gcp", "<the project's id>"), ("gcp", "123456789"), ("azure", "prod")]
)
def test_what_is_no_account_is_told(place: Callable[..., Place], provider: str, account: str) -> None:
    here = place(provider, tools=["terraform"])
    (here.folder / "mine.tfvars").write_text(f'account_id = "{account}"\n')
    assert [one for one in here.problems(provider) if f"account_id is {account!r}, and must be" in one]


def test_a_file_of_settings_without_an_account_is_told(place: Callable[..., Place]) -> None:
    here = place("gcp")
    (here.folder / "mine.tfvars").write_text('# account_id = "energy-prod-77"\n')
    [problem] = here.problems("gcp")
    assert "has no account_id" in problem


@pytest.mark.parametrize(("provider", "missing"), [("aws", "bucket, no key, no region"), ("gcp", "bucket, no prefix")])
def test_a_backend_that_lacks_something_is_told(place: Callable[..., Place], provider: str, missing: str) -> None:
    here = place(provider)
    (here.folder / "mine.json").write_text("{}")
    [problem] = here.problems(provider)
    assert f"mine.json has no {missing}: write it anew" in problem


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


def test_a_terraform_that_does_not_say_its_version_is_told(place: Callable[..., Place]) -> None:
    said = {"terraform version -json": failing("No version is set for command terraform")}
    [problem] = place("gcp", said=said).problems("gcp")
    assert problem == "terraform does not say its version, but: No version is set for command terraform"


def test_a_signing_key_has_no_place_in_the_settings(place: Callable[..., Place]) -> None:
    here = place("gcp")
    with (here.folder / "mine.tfvars").open("a") as file:
        file.write("signing_key = <<END\n-----BEGIN PRIVATE KEY-----\nEND\n")
    [problem] = here.problems("gcp")
    assert "holds signing_key, which belongs into no file" in problem


def test_the_account_may_come_from_the_environment(place: Callable[..., Place]) -> None:
    here = place("gcp", environment={"TF_VAR_account_id": ACCOUNT["gcp"]})
    (here.folder / "mine.tfvars").write_text("")
    assert here.problems("gcp") == []


def test_a_machine_of_awss_has_its_own_role(place: Callable[..., Place]) -> None:
    role = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/1"}
    assert place("aws", tools=["terraform"], environment=role).problems("aws") == []


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


WHO = "aws sts get-caller-identity --query Account --output text"


def test_an_aws_login_of_another_account_is_told(place: Callable[..., Place]) -> None:
    [problem] = place("aws", said={WHO: "999999999999"}).problems("aws")
    assert problem.startswith(
        f"the login is one of 999999999999, and account_id is {ACCOUNT['aws']}: export AWS_PROFILE"
    )


def test_keys_in_the_environment_that_are_not_valid_are_not_to_be_logged_in_over(place: Callable[..., Place]) -> None:
    expired = failing("An error occurred (ExpiredToken) when calling the GetCallerIdentity operation")
    [problem] = place("aws", said={WHO: expired}, environment={"AWS_ACCESS_KEY_ID": "A"}).problems("aws")
    assert "renew the keys in the environment, or unset them" in problem


def test_an_azure_login_is_told_that_is_none_or_knows_no_such_subscription(place: Callable[..., Place]) -> None:
    expired = failing("AADSTS70043: The refresh token has expired or is invalid")
    assert place("azure", said={"az account get-access-token --query expiresOn": expired}).problems("azure") == [
        f"nobody is logged in to Azure: az login. It says: {expired.stderr}"
    ]
    other = {f"az account show --query id --subscription {ACCOUNT['azure']}": failing("Subscription not found")}
    [problem] = place("azure", said=other).problems("azure")
    assert problem.startswith(f"the login knows no subscription {ACCOUNT['azure']}")


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("<a new password, of the administrator>", "which is the guide's"),
        ("short", "has 5 characters"),
        ("12345678", ""),
    ],
)
def test_a_password_that_will_not_do_is_told_before_the_apply(
    place: Callable[..., Place], password: str, said: str
) -> None:
    problems = place("gcp", environment={"TREFOIL_PASSWORD": password}).problems("gcp")
    assert [said in problem for problem in problems] == ([True] if said else [])


def test_where_nobody_can_be_asked_the_password_is_in_the_environment(place: Callable[..., Place]) -> None:
    [problem] = place("gcp", asks=False).problems("gcp", "--admin", "ada")
    assert problem == "nobody can be asked for the password of ada here: export TREFOIL_PASSWORD"
    for needs_none in ("--destroy", "--no-admin"):
        assert place("gcp", asks=False).problems("gcp", needs_none) == []


def test_google_clouds_credentials_may_be_a_file(place: Callable[..., Place]) -> None:
    [problem] = place("gcp", environment={"GOOGLE_APPLICATION_CREDENTIALS": "/no/key.json"}).problems("gcp")
    assert problem == "GOOGLE_APPLICATION_CREDENTIALS names /no/key.json, which is not there"
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": __file__}
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


def test_the_shortest_password_is_that_of_core() -> None:
    documents = Documents(Store("memory://", MemoryStore()))
    users.save(documents, system_clock, "ada", "x" * SHORTEST_PASSWORD)
    with pytest.raises(TrefoilError, match=f"at least {SHORTEST_PASSWORD} characters"):
        users.save(documents, system_clock, "ada", "x" * (SHORTEST_PASSWORD - 1))
