"""Deploying to a cloud: `python -m tools.deploy aws|gcp|azure [--functions NAME] [--yes]`, or `--destroy`.

Builds the package, shows the plan and asks, applies it through python-terraform, makes an administrator, lists the
functions, waits until site and API answer, and runs the contract suite there (for the company's own set). May be
repeated at any time: after a failure it goes on.
"""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core import DEFAULT_FUNCTIONS
from core.kernel.auth import access, keys, users
from core.kernel.auth.access import EVERY
from core.kernel.clock import system_clock
from core.kernel.config import ConfigError
from core.kernel.documents import Documents
from core.kernel.errors import TrefoilError
from core.kernel.functions import ADMIN, FunctionSet
from core.kernel.store import open_store
from core.kernel.validation import checked
from tools import package, preflight, reachable
from tools.functions import as_json, name_of
from tools.reachable import NoAnswer
from tools.remedies import remedy
from tools.root import LOCK, Plan, Root, TerraformFailed
from tools.settings import read

ROOT = Path(__file__).parents[1]
STATE = {
    "aws": 'aws_s3_bucket.this["state"]',
    "gcp": 'google_storage_bucket.this["state"]',
    "azure": 'azurerm_storage_account.this["state"]',
}
"""What holds the data."""


class Refused(Exception):
    """Nothing was done. The message says why, and what to do."""


def main() -> int:
    options = preflight.parser_of("python -m tools.deploy").parse_args()
    if problems := list(preflight.check(options)):
        return _fail("\n".join(problems))
    settings, backend = preflight.settings_of(options), preflight.backend_of(options)
    given = read(settings)
    try:
        functions = name_of(options)
        folder = ROOT / "infra" / options.provider
        root = Root(folder, _declared(functions), backend=json.loads(backend.read_text()), settings=settings)
        if options.destroy:
            package.build(options.provider, ROOT / "dist", functions)  # which the plan looks at, even to remove it
            root.init()
            with root.plan(destroy=True) as plan:
                _agree(plan, "Remove all of this?", options.yes)
                root.do(plan)
            return 0
        password = "" if options.no_admin else _password(options.admin)
        outputs = _apply(options.provider, root, functions, options.yes)
        if password:
            _administrator(outputs, options.admin, password)
        _tell(outputs)
        if not _admits_anybody(options.provider, given):
            print("public_invoker is false: admit callers, then: nox -s contract -- --url", outputs["api_url"])
            return 0
        own_domain = given.get("domain_name", "null") != "null"
        patience = reachable.WITH_DOMAIN_S if own_domain else reachable.PATIENCE_S
        answering = {"site": outputs["site_url"], "API": f"{outputs['api_url']}/api/health"}
        reachable.until_they_answer(answering, patience_s=patience)
    except (
        ConfigError,
        NoAnswer,
        OSError,
        EOFError,
        Refused,
        ValueError,
        package.TooBig,
        RuntimeError,
        subprocess.CalledProcessError,
        TrefoilError,
    ) as error:
        return _fail(str(error))
    except TerraformFailed as error:
        return _fail(f"{error}\n{remedy(options.provider, str(error))}")
    return _contract(outputs, options.admin, password) if password and functions == DEFAULT_FUNCTIONS else 0


def _password(admin: str) -> str:
    return os.environ.get("TREFOIL_PASSWORD") or getpass.getpass(f"Password of {admin}: ")


def _agree(plan: Plan, question: str, yes: bool) -> None:
    """Ask whether the plan, which was just shown, is to be done. Raises `Refused` unless it is."""
    if yes or not plan.changes:
        return
    if not sys.stdin.isatty():
        raise Refused("nobody can be asked here whether that plan is to be done: look at it, then give --yes")
    if input(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
        raise Refused("nothing was done")


def _declared(functions: str) -> dict[str, str]:
    """The variables of the root that say what is deployed; none for the set that it takes by itself."""
    if functions == DEFAULT_FUNCTIONS:
        return {}
    path = ROOT / "dist" / "functions.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(as_json(functions, checked(functions)))
    return {"functions_file": str(path)}


def _apply(provider: str, root: Root, functions: str, yes: bool) -> dict[str, Any]:
    made = package.build(provider, ROOT / "dist", functions)
    print(f"package {made.path.name}: content {made.content}")
    _lock(provider, root)
    root.init()
    before = root.outputs()
    _check_same(before.get("function_names", {}), checked(functions))
    if not os.environ.get("TF_VAR_signing_key") and not before:  # noqa: SIM112  as terraform spells it
        # Only the first apply needs one; it is kept in the cloud's secret store and nowhere else.
        print("making a key that signs access tokens")
        os.environ["TF_VAR_signing_key"] = keys.generate()  # noqa: SIM112
    with root.plan() as plan:
        _check_kept(provider, plan)
        _agree(plan, "Do all of this?", yes)
        root.do(plan)
    os.environ.pop("TF_VAR_signing_key", None)
    return root.outputs()


def _lock(provider: str, root: Root) -> None:
    """Have the first deployment take the providers that are tested, and all later ones the same."""
    try:
        if root.lock():
            print(f"wrote infra/{provider}/{LOCK}, which keeps the providers' versions: commit it")
        elif drifted := root.drift():
            print(f"infra/{provider}/{LOCK} keeps {', '.join(drifted)}, not what is tested now: remove it to take that")
    except TerraformFailed as error:
        print(f"the providers' versions are not locked, for this reason; the deployment goes on:\n{error}")


def _check_kept(provider: str, plan: Plan) -> None:
    """Raises `Refused` where the data would be removed, as when a part of its place's name is changed."""
    if "delete" in plan.changes.get(STATE[provider], ()):
        raise Refused(
            f"that plan would remove {STATE[provider]}, which holds the data, and make an empty one: keep name_prefix, "
            "environment, region and account_id as they were"
        )


def _check_same(deployed: Mapping[str, str], functions: FunctionSet) -> None:
    """Raises `ValueError` where another function set is deployed, which would be taken away with its queues."""
    if deployed and not set(deployed) & set(functions.every):
        raise ValueError(f"another function set is deployed there ({', '.join(deployed)}): name it with --functions")


def _administrator(outputs: Mapping[str, Any], name: str, password: str) -> None:
    """Make the administrator when missing. Needs the right to write to the store, and credentials for it."""
    if outputs["store_url"].startswith("s3://"):
        # The API's URL names the region; the shell's own may be another one.
        os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = outputs["api_url"].split(".")[2]
        os.environ.update(_login())
    if outputs["store_url"].startswith("az://"):
        os.environ.setdefault("AZURE_STORAGE_ACCOUNT_NAME", outputs["ingest_bucket"].split("/")[2].partition(".")[0])
        os.environ.setdefault("AZURE_USE_AZURE_CLI", "true")
    documents = Documents(open_store(outputs["store_url"]))
    if not users.exists(documents, name):
        users.save(documents, system_clock, name, password)
        access.grant(documents, name, ADMIN, EVERY)
        print(f"made the administrator {name}")


def _login() -> dict[str, str]:
    """The AWS CLI's login as the variables that the store is opened with: it reads no profile.

    Nothing where the environment holds keys, or where there is no CLI: then it is a machine's own role.
    """
    if os.environ.get("AWS_ACCESS_KEY_ID"):
        return {}
    try:
        done = subprocess.run(preflight.EXPORT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return {}
    if done.returncode:
        raise Refused(f"the login of the AWS CLI can't be taken: {done.stderr.strip()}. Log in, then run this again")
    login = json.loads(done.stdout)
    names = {
        "AccessKeyId": "AWS_ACCESS_KEY_ID",
        "SecretAccessKey": "AWS_SECRET_ACCESS_KEY",
        "SessionToken": "AWS_SESSION_TOKEN",
    }
    return {name: login[said] for said, name in names.items() if login.get(said)}


def _admits_anybody(provider: str, settings: Mapping[str, str]) -> bool:
    """Google Cloud alone asks who calls, before a function does; the others have no such switch."""
    return provider != "gcp" or settings.get("public_invoker") != "false"


def _tell(outputs: Mapping[str, Any]) -> None:
    print("\nfunctions:")
    for name, native in sorted(outputs["function_names"].items()):
        print(f"  {name:12} {native}")
    print(f"\nsite {outputs['site_url']}\nAPI  {outputs['api_url']}\n")


def _contract(outputs: Mapping[str, Any], admin: str, password: str) -> int:
    """Run the contract suite against the deployed API and site; returns pytest's exit code."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--provider=deployed", "tests/contract"]
    where = ["--url", outputs["api_url"], "--site", outputs["site_url"], "--user", admin]
    environment = {**os.environ, "TREFOIL_PASSWORD": password}
    return subprocess.run([*command, *where], cwd=ROOT, env=environment, check=False).returncode


def _fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
