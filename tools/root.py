"""A Terraform root, driven through python-terraform; what terraform says is shown as it comes."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from contextlib import redirect_stderr
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from python_terraform import IsFlagged, IsNotFlagged, Terraform


class TerraformFailed(Exception):
    """A command of terraform's failed. The message is what it said."""


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

    def init(self) -> None:
        self._run("init", backend_config=self._backend, reconfigure=IsFlagged, input=False)

    def apply(self) -> None:
        """Make, change and remove whatever differs. May be repeated after a failure: it goes on."""
        self._run("apply", auto_approve=IsFlagged, input=False, **self._given)

    def destroy(self) -> None:
        self._run("destroy", auto_approve=IsFlagged, input=False, **self._given)

    def outputs(self) -> dict[str, Any]:
        """The values of the outputs, by name."""
        code, out, error = self._terraform.output_cmd(json=IsFlagged)
        if code != 0:
            raise TerraformFailed(error)
        return {name: one["value"] for name, one in json.loads(out).items()}

    def changes(self) -> dict[str, list[str]]:
        """What `apply` would do now: actions by address of a resource."""
        plan = self._folder / "changes.tfplan"
        self._run("plan", out=str(plan), input=False, detailed_exitcode=IsNotFlagged, **self._given)
        code, shown, error = self._terraform.cmd("show", str(plan), json=IsFlagged)
        plan.unlink()
        if code != 0:
            raise TerraformFailed(error)
        resources = json.loads(shown).get("resource_changes", [])
        done = {one["address"]: one["change"]["actions"] for one in resources}
        return {address: actions for address, actions in done.items() if actions not in (["no-op"], ["read"])}

    def _run(self, command: str, **options: Any) -> None:
        with TemporaryFile("w+") as errors, redirect_stderr(errors), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the library logs failures with the old `warn`
            code, _, _ = self._terraform.cmd(command, capture_output=False, no_color=IsFlagged, **options)
            errors.seek(0)
            said = errors.read()
        if code != 0:
            raise TerraformFailed(f"terraform {command} failed in {self._folder}:\n{said}")
