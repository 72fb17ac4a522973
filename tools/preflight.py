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

from tools.remedies import LOGIN

ROOT = Path(__file__).parents[1]
TERRAFORM = (1, 11)
"""The oldest that knows write-only arguments, as the roots say."""
_GIVEN = re.compile(r'^\s*(\w+)\s*=\s*"([^"]*)"', re.MULTILINE)


@dataclass(frozen=True)
class Machine:
    """This machine as a deployment sees it: its environment, and the commands that are there."""

    environment: Mapping[str, str]
    which: Callable[[str], str | None] = shutil.which
    run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run

    def ask(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self.run(command, capture_output=True, text=True, check=False)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.preflight", description=__doc__)
    options(parser)
    given, _ = parser.parse_known_args()
    problems = list(check(given.provider, settings_of(given), backend_of(given)))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def options(parser: argparse.ArgumentParser) -> None:
    """Those that say what is deployed, and where."""
    parser.add_argument("provider", choices=list(ACCOUNTS))
    parser.add_argument("--settings", type=Path, help="inputs; see infra/examples (default: PROVIDER.tfvars)")
    parser.add_argument("--backend", type=Path, help="where the state is (default: PROVIDER.backend.json)")


def settings_of(given: argparse.Namespace) -> Path:
    return given.settings or ROOT / f"{given.provider}.tfvars"


def backend_of(given: argparse.Namespace) -> Path:
    return given.backend or ROOT / f"{given.provider}.backend.json"


def check(provider: str, settings: Path, backend: Path, machine: Machine | None = None) -> Iterator[str]:
    """A sentence for each thing that is missing or wrong; nothing when all is well."""
    machine = machine or Machine(os.environ)
    yield from _files(provider, settings, backend)
    yield from _terraform(machine)
    yield from ACCOUNTS[provider](_values(settings).get("account_id", ""), machine)


def _values(settings: Path) -> Mapping[str, str]:
    """The texts that a file of settings gives, by name; lines that are commented out give none."""
    return dict(_GIVEN.findall(settings.read_text())) if settings.is_file() else {}


def _files(provider: str, settings: Path, backend: Path) -> Iterator[str]:
    example = ROOT / "infra" / "examples" / f"{provider}.tfvars"
    guide = f"docs/deploy-{provider}.md"
    if not settings.is_file():
        copied = f"cp {example.relative_to(ROOT)} {settings}"
        yield f"{settings} is not there: {copied}, and write your account into it ({guide})"
    elif not _values(settings).get("account_id"):
        yield f"{settings} has no account_id: write the account into it that is deployed to ({guide})"
    elif _values(settings)["account_id"] == _values(example)["account_id"]:
        yield f"{settings} has the example's account_id: write your own into it ({guide})"
    if not backend.is_file():
        yield f"{backend} is not there: make the place of Terraform's state by infra/bootstrap/{provider} ({guide})"
        return
    try:
        found = json.loads(backend.read_text())
    except ValueError as error:
        found = error
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        yield f"{backend} is no JSON object of texts ({found}): write it anew, as {guide} says"


def _terraform(machine: Machine) -> Iterator[str]:
    wanted = f"{'.'.join(map(str, TERRAFORM))} or later, https://developer.hashicorp.com/terraform/install"
    if not machine.which("terraform"):
        yield f"terraform is not here: {wanted}"
        return
    found = str(json.loads(machine.ask("terraform", "version", "-json").stdout)["terraform_version"])
    if tuple(int(part) for part in found.split("-")[0].split(".")[:2]) < TERRAFORM:
        yield f"terraform is {found}: take {wanted}"


def _aws(account: str, machine: Machine) -> Iterator[str]:
    """Keys in the environment, or a login of the CLI's: what opens the store reads no profile of it."""
    keys = machine.environment.get("AWS_ACCESS_KEY_ID")
    if not machine.which("aws"):
        if not keys:
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
    yield from _same("aws", account, found)


EXPORT = ("aws", "configure", "export-credentials", "--format", "process")
"""Prints the login's keys as JSON: https://docs.aws.amazon.com/cli/latest/reference/configure/export-credentials.html"""


def _gcp(_account: str, machine: Machine) -> Iterator[str]:
    """Whose login it is, is not looked at: application-default credentials name no project."""
    if machine.environment.get("GOOGLE_APPLICATION_CREDENTIALS"):
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
    if machine.which("az"):
        asked = ["az", "account", "show", "--query", "id", "--output", "tsv"]
        yield from _same("azure", account, machine.ask(*asked, *(["--subscription", account] if account else [])))


ACCOUNTS = {"aws": _aws, "gcp": _gcp, "azure": _azure}
"""What each cloud's login is looked at with."""


def _same(provider: str, account: str, asked: subprocess.CompletedProcess[str]) -> Iterator[str]:
    found = asked.stdout.strip()
    if asked.returncode:
        yield f"nobody is logged in to {account or 'the account'}: {LOGIN[provider]}. It says: {_last(asked.stderr)}"
    elif account and found != account:
        yield f"the login is one of {found}, and account_id is {account}: {LOGIN[provider]}"


def _last(said: str) -> str:
    lines: Sequence[str] = [line for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing"


if __name__ == "__main__":
    sys.exit(main())
