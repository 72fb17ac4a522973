"""A Terraform root, driven through python-terraform; what terraform says is shown as it comes."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from python_terraform import IsFlagged, IsNotFlagged, Terraform

from tools.versions import pinned, tested

LOCK = ".terraform.lock.hcl"
_LOCKED = re.compile(r'provider "[^"]*/(\w+)" \{\s*version\s*=\s*"([^"]+)"')
PLATFORMS = ("linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64")


class TerraformFailed(Exception):
    """A command of terraform's failed. The message is what it said."""


@dataclass(frozen=True)
class Plan:
    """What terraform would do. The file may hold secrets: it lives as long as the `with` that made it."""

    path: Path
    changes: Mapping[str, Sequence[str]]
    """Actions by the address of a resource: `create`, `update`, `delete`; those that stay are not in it."""


class Root:
    """One root module with its variables. `backend` says where the state is kept; None keeps what the root says.

    Secrets belong into the environment (`TF_VAR_...`): variables are written to a file while terraform runs. Every
    method raises `TerraformFailed`.
    """

    def __init__(
        self,
        folder: Path,
        variables: Mapping[str, Any],
        *,
        backend: Mapping[str, str] | None = None,
        settings: Path | None = None,
    ) -> None:
        """`settings` is a file of further variables (.tfvars)."""
        self._terraform = Terraform(working_dir=str(folder))
        self._given = {"var_file": str(settings.resolve()) if settings else None, "var": dict(variables)}
        self._folder = folder
        self._backend = dict(backend) if backend is not None else None

    def lock(self, platforms: Sequence[str] = PLATFORMS, **where: str) -> bool:
        """Write the lock file with the versions that are tested, for all platforms; whether it was missing.

        Asks the registry, or what `where` names (`fs_mirror`, `net_mirror`). Raises where that does not answer.
        """
        if (self._folder / LOCK).exists():
            return False
        self._run("get")  # the modules in this repository, without which terraform locks nothing
        override = pinned(self._folder)
        try:
            self._run("providers lock", platform=list(platforms), **where)
        finally:
            override.unlink()
        return True

    def drift(self) -> list[str]:
        """The providers that the lock file keeps at another version than the one that is tested, as `name version`."""
        lock = self._folder / LOCK
        kept = dict(_LOCKED.findall(lock.read_text())) if lock.exists() else {}
        return [f"{name} {version}" for name, version in kept.items() if version != tested().get(name)]

    def init(self) -> None:
        self._run("init", backend_config=self._backend, reconfigure=IsFlagged, input=False)

    @contextmanager
    def plan(self, *, destroy: bool = False) -> Iterator[Plan]:
        """What `apply`, or `destroy`, would do now, shown as terraform shows it; `do` does it."""
        path = self._folder / "changes.tfplan"
        flags = {"destroy": IsFlagged} if destroy else {}
        try:
            self._run("plan", out=str(path), input=False, detailed_exitcode=IsNotFlagged, **flags, **self._given)
            code, shown, error = self._terraform.cmd("show", str(path), json=IsFlagged)
            if code != 0:
                raise TerraformFailed(error)
            resources = json.loads(shown).get("resource_changes", [])
            done = {one["address"]: one["change"]["actions"] for one in resources}
            changes = {address: actions for address, actions in done.items() if actions not in (["no-op"], ["read"])}
            yield Plan(path, changes)
        finally:
            path.unlink(missing_ok=True)

    def do(self, plan: Plan) -> None:
        """Make, change and remove what the plan says. After a failure a new plan goes on."""
        self._run("apply", str(plan.path), input=False)

    def apply(self) -> None:
        """Make, change and remove whatever differs."""
        with self.plan() as plan:
            self.do(plan)

    def destroy(self) -> None:
        with self.plan(destroy=True) as plan:
            self.do(plan)

    def outputs(self) -> dict[str, Any]:
        """The values of the outputs, by name."""
        code, out, error = self._terraform.output_cmd(json=IsFlagged)
        if code != 0:
            raise TerraformFailed(error)
        return {name: one["value"] for name, one in json.loads(out).items()}

    def changes(self) -> Mapping[str, Sequence[str]]:
        """What `apply` would do now: actions by address of a resource."""
        with self.plan() as plan:
            return plan.changes

    def _run(self, command: str, *arguments: str, **options: Any) -> None:
        with TemporaryFile("w+") as errors, redirect_stderr(errors), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the library logs failures with the old `warn`
            code, _, _ = self._terraform.cmd(command, *arguments, capture_output=False, no_color=IsFlagged, **options)
            errors.seek(0)
            said = errors.read()
        if code != 0:
            raise TerraformFailed(f"terraform {command} failed in {self._folder}:\n{said}")
