"""What a deployment needs of its files, this machine and the login, looked at before anything is installed or made.

`python -m tools.preflight aws|gcp|azure [--settings FILE] [--backend FILE]`, which `nox -s deploy` runs first. Takes
seconds, uses the standard library alone, and names everything that is missing at once, each with what to do about it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.options import functions_option
from tools.remedies import LOGIN
from tools.settings import read

ROOT = Path(__file__).parents[1]
TERRAFORM = (1, 11)
"""The oldest that knows write-only arguments, as the roots say."""
SHORTEST_PASSWORD = 8
"""As core.kernel.auth.users has it, which needs libraries."""


@dataclass(frozen=True)
class Machine:
    """This machine as a deployment sees it: its environment, and the commands that are there."""

    environment: Mapping[str, str]
    asks: bool = False
    """Whether somebody can be asked: it has a terminal."""
    which: Callable[[str], str | None] = shutil.which
    run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run

    def ask(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self.run(command, capture_output=True, text=True, check=False)


def main() -> int:
    parser = parser_of("nox -s deploy --")
    given = parser.parse_args()
    problems = list(check(given))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def parser_of(program: str) -> argparse.ArgumentParser:
    """The options of a deployment, which this and tools/deploy.py read alike."""
    parser = argparse.ArgumentParser(prog=program, description="Deploy to a cloud, or remove it: docs/deploy-*.md")
    parser.add_argument("provider", choices=list(ACCOUNTS))
    parser.add_argument("--settings", type=Path, help="inputs; see infra/examples (default: PROVIDER.tfvars)")
    parser.add_argument("--backend", type=Path, help="where the state is (default: PROVIDER.backend.json)")
    parser.add_argument(
        "--admin", default="admin", help="administrator to make if there is none (default: %(default)s)"
    )
    parser.add_argument(
        "--no-admin",
        action="store_true",
        help="make no administrator, and leave out the contract suite, which needs one: where no password may be",
    )
    functions_option(parser)
    parser.add_argument("--yes", action="store_true", help="do what the plan says without asking, as machines must")
    parser.add_argument("--destroy", action="store_true", help="remove everything instead")
    return parser


def settings_of(given: argparse.Namespace) -> Path:
    return given.settings or ROOT / f"{given.provider}.tfvars"


def backend_of(given: argparse.Namespace) -> Path:
    return given.backend or ROOT / f"{given.provider}.backend.json"


def check(given: argparse.Namespace, machine: Machine | None = None) -> Iterator[str]:
    """A sentence for each thing that is missing or wrong; nothing when all is well."""
    machine = machine or Machine(os.environ, sys.stdin.isatty())
    settings = settings_of(given)
    values = read(settings)
    account = values.get("account_id") or machine.environment.get("TF_VAR_account_id", "")
    yield from _settings(given.provider, settings, account)
    if "signing_key" in values:
        yield f"{settings} holds signing_key, which belongs into no file: export TF_VAR_signing_key (docs/deploy-*.md)"
    yield from _backend(given.provider, backend_of(given))
    if not given.destroy:
        yield from () if given.no_admin else _password(given.admin, machine)
    yield from _terraform(machine)
    yield from ACCOUNTS[given.provider].login(account, machine)


def _settings(provider: str, settings: Path, account: str) -> Iterator[str]:
    example = ROOT / "infra" / "examples" / f"{provider}.tfvars"
    guide = f"docs/deploy-{provider}.md"
    if not settings.is_file():
        copied = f"cp {example.relative_to(ROOT)} {settings}"
        yield f"{settings} is not there: {copied}, and write your account into it ({guide})"
    elif not account:
        yield f"{settings} has no account_id: write the account into it that is deployed to ({guide})"
    elif account == read(example)["account_id"]:
        yield f"{settings} has the example's account_id: write your own into it ({guide})"
    elif not ACCOUNTS[provider].shape.fullmatch(account):
        yield f"{settings}: account_id is {account!r}, and must be {ACCOUNTS[provider].example}"


def _backend(provider: str, backend: Path) -> Iterator[str]:
    guide = f"docs/deploy-{provider}.md"
    if not backend.is_file():
        yield f"{backend} is not there: make the place of Terraform's state by infra/bootstrap/{provider} ({guide})"
        return
    try:
        found = json.loads(backend.read_text())
    except ValueError as error:
        found = error
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        yield f"{backend} is no JSON object of texts ({found}): write it anew, as {guide} says"
    elif missing := [name for name in ACCOUNTS[provider].backend if not found.get(name)]:
        yield f"{backend} has no {', no '.join(missing)}: write it anew, as {guide} says"


def _password(admin: str, machine: Machine) -> Iterator[str]:
    """The administrator is made after the apply, which takes minutes: too late to find out."""
    given = machine.environment.get("TREFOIL_PASSWORD", "")
    if given.startswith("<"):
        yield f"TREFOIL_PASSWORD is {given!r}, which is the guide's: put one of your own there"
    elif given and len(given) < SHORTEST_PASSWORD:
        yield f"TREFOIL_PASSWORD has {len(given)} characters: the administrator's must have {SHORTEST_PASSWORD}"
    elif not given and not machine.asks:
        yield f"nobody can be asked for the password of {admin} here: export TREFOIL_PASSWORD"


def _terraform(machine: Machine) -> Iterator[str]:
    wanted = f"{'.'.join(map(str, TERRAFORM))} or later, https://developer.hashicorp.com/terraform/install"
    if not machine.which("terraform"):
        yield f"terraform is not here: {wanted}"
        return
    asked = machine.ask("terraform", "version", "-json")
    try:
        found = str(json.loads(asked.stdout)["terraform_version"])
    except (ValueError, KeyError):
        yield f"terraform does not say its version, but: {_last(asked.stderr or asked.stdout)}"
        return
    if tuple(int(part) for part in found.split("-")[0].split(".")[:2]) < TERRAFORM:
        yield f"terraform is {found}: take {wanted}"


def _aws(account: str, machine: Machine) -> Iterator[str]:
    """Keys in the environment, or a login of the CLI's: what opens the store reads no profile of it."""
    keys = machine.environment.get("AWS_ACCESS_KEY_ID")
    if not machine.which("aws"):
        if not any(machine.environment.get(name) for name in ("AWS_ACCESS_KEY_ID", *A_MACHINES_OWN)):
            yield (
                "there are no keys in the environment (AWS_ACCESS_KEY_ID), and the AWS CLI is not here to log in with: "
                "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html"
            )
        return
    if not keys:
        exported = machine.ask(*EXPORT)
        if "Invalid choice" in exported.stderr:
            yield "the AWS CLI is of version 1, which exports no login: take 2.9 or later, or keys in the environment"
            return
        if exported.returncode:
            yield f"nobody is logged in to AWS: {LOGIN['aws']}. It says: {_last(exported.stderr)}"
            return
    found = machine.ask("aws", "sts", "get-caller-identity", "--query", "Account", "--output", "text")
    login = "renew the keys in the environment, or unset them (AWS_ACCESS_KEY_ID and what belongs to it)"
    if found.returncode:
        yield f"nobody is logged in to AWS: {login if keys else LOGIN['aws']}. It says: {_last(found.stderr)}"
    elif account and found.stdout.strip() != account:
        other = login if keys else "export AWS_PROFILE with a profile of that account"
        yield f"the login is one of {found.stdout.strip()}, and account_id is {account}: {other}"


A_MACHINES_OWN = (
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
"""Where AWS's own machines, and workflows, find who they are."""
EXPORT = ("aws", "configure", "export-credentials", "--format", "process")
"""Prints the login's keys as JSON: https://docs.aws.amazon.com/cli/latest/reference/configure/export-credentials.html"""


def _gcp(_account: str, machine: Machine) -> Iterator[str]:
    """Whose login it is, is not looked at: application-default credentials name no project."""
    if file := machine.environment.get("GOOGLE_APPLICATION_CREDENTIALS"):
        if not Path(file).is_file():
            yield f"GOOGLE_APPLICATION_CREDENTIALS names {file}, which is not there"
        return
    if not machine.which("gcloud"):
        yield (
            "there are no credentials (GOOGLE_APPLICATION_CREDENTIALS), and gcloud is not here to log in with: "
            "https://cloud.google.com/sdk/docs/install"
        )
        return
    found = machine.ask("gcloud", "auth", "application-default", "print-access-token")
    if found.returncode:
        yield f"nobody is logged in to Google Cloud: {LOGIN['gcp']}. It says: {_last(found.stderr)}"


def _azure(account: str, machine: Machine) -> Iterator[str]:
    for command, where in (("az", "https://aka.ms/azure-cli"), ("curl", "https://curl.se/download.html")):
        if not machine.which(command):
            yield f"{command} is not here, and publishes the package: {where}"
    if not machine.which("az"):
        return
    # A token, since what `az account show` says is on this machine, whether the login still holds or not.
    token = machine.ask("az", "account", "get-access-token", "--query", "expiresOn")
    if token.returncode:
        yield f"nobody is logged in to Azure: {LOGIN['azure']}. It says: {_last(token.stderr)}"
    elif account and machine.ask("az", "account", "show", "--query", "id", "--subscription", account).returncode:
        yield (
            f"the login knows no subscription {account}, which account_id is: `az account list` says which it knows; "
            "one of another directory needs az login --tenant"
        )


@dataclass(frozen=True)
class Account:
    """What a cloud calls an account, where its state may be, and how its login is looked at."""

    shape: re.Pattern[str]
    example: str
    backend: Sequence[str]
    """What `terraform init -backend-config` needs there."""
    login: Callable[[str, Machine], Iterator[str]]


ACCOUNTS: Mapping[str, Account] = {
    "aws": Account(re.compile(r"[0-9]{12}"), "12 digits", ("bucket", "key", "region"), _aws),
    "gcp": Account(
        re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]"),
        "a project's id, such as energy-prod-77 (not its name, not its number)",
        ("bucket", "prefix"),
        _gcp,
    ),
    "azure": Account(
        re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"),
        "a subscription's id, a GUID in lower case",
        ("storage_account_name", "container_name", "key"),
        _azure,
    ),
}


def _last(said: str) -> str:
    lines: Sequence[str] = [line for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing"


if __name__ == "__main__":
    sys.exit(main())
