"""Deploying to a cloud: `python -m tools.deploy aws|gcp|azure [--functions NAME]`, or `--destroy`.

Builds the package, applies the root through python-terraform, makes an administrator, lists the functions, and runs the
contract suite against the deployed API (a set of one's own is asked for its health). May be repeated at any time: after
a failure it goes on.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import urlopen

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
from tools import package
from tools.functions import as_json, name_of, option
from tools.root import Root, TerraformFailed

ROOT = Path(__file__).parents[1]
LOGIN = {
    "aws": "aws sso login (or aws configure)",
    "gcp": "gcloud auth application-default login",
    "azure": "az login",
}
NO_LOGIN = re.compile(
    r"No valid credential sources|ExpiredToken|token (included in the request )?(is|has) expired|InvalidClientTokenId"
    r"|could not find default credentials|invalid_grant|oauth2: .*expired"
    r"|az login|AADSTS|unable to build authorizer|Please run 'az",
    re.IGNORECASE,
)
NO_PERMISSION = re.compile(
    r"AccessDenied|not authorized to perform|UnauthorizedOperation"
    r"|IAM_PERMISSION_DENIED|Permission '.*' denied|googleapi: Error 403"
    r"|AuthorizationFailed|AuthorizationPermissionMismatch|does not have authorization",
    re.IGNORECASE,
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.deploy", description=__doc__)
    parser.add_argument("provider", choices=list(LOGIN))
    parser.add_argument("--settings", type=Path, help="inputs; see infra/examples (default: PROVIDER.tfvars)")
    parser.add_argument("--backend", type=Path, help="where the state is (default: PROVIDER.backend.json)")
    parser.add_argument(
        "--admin", default="admin", help="administrator to make if there is none (default: %(default)s)"
    )
    option(parser)
    parser.add_argument("--destroy", action="store_true", help="remove everything instead")
    options = parser.parse_args()
    try:
        settings = _there(options.settings or ROOT / f"{options.provider}.tfvars", "copy infra/examples")
        backend = _there(options.backend or ROOT / f"{options.provider}.backend.json", "see infra/bootstrap")
        folder = ROOT / "infra" / options.provider
        functions = name_of(options)
        root = Root(folder, _declared(functions), backend=json.loads(backend.read_text()), settings=settings)
        if options.destroy:
            package.build(options.provider, ROOT / "dist", functions)  # which the plan looks at, even to remove it
            root.init()
            root.destroy()
            return 0
        password = os.environ.get("TREFOIL_PASSWORD") or getpass.getpass(f"Password of {options.admin}: ")
        outputs = _apply(options.provider, root, functions)
        _administrator(outputs, options.admin, password)
    except (
        ConfigError,
        OSError,
        EOFError,
        ValueError,
        package.TooBig,
        subprocess.CalledProcessError,
        TrefoilError,
    ) as error:
        return _fail(str(error))
    except TerraformFailed as error:
        return _fail(f"{error}\n{remedy(options.provider, str(error))}")
    _tell(outputs)
    return _contract(outputs, options.admin, password) if functions == DEFAULT_FUNCTIONS else _health(outputs)


def _there(path: Path, remedy: str) -> Path:
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: {remedy}, and docs/deploy-*.md")
    return path


def _declared(functions: str) -> dict[str, str]:
    """The variables of the root that say what is deployed; none for the set that it takes by itself."""
    if functions == DEFAULT_FUNCTIONS:
        return {}
    path = ROOT / "dist" / "functions.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(as_json(functions, checked(functions)))
    return {"functions_file": str(path)}


def _apply(provider: str, root: Root, functions: str) -> dict[str, Any]:
    made = package.build(provider, ROOT / "dist", functions)
    print(f"package {made.path.name}: content {made.content}")
    root.init()
    before = root.outputs()
    _check_same(before.get("function_names", {}), checked(functions))
    if not os.environ.get("TF_VAR_signing_key") and not before:  # noqa: SIM112  as terraform spells it
        # Only the first apply needs one; it is kept in the cloud's secret store and nowhere else.
        print("making a key that signs access tokens")
        os.environ["TF_VAR_signing_key"] = keys.generate()  # noqa: SIM112
    root.apply()
    os.environ.pop("TF_VAR_signing_key", None)
    return root.outputs()


def _check_same(deployed: Mapping[str, str], functions: FunctionSet) -> None:
    """Raises `ValueError` where another function set is deployed, which would be taken away with its queues."""
    if deployed and not set(deployed) & set(functions.every):
        raise ValueError(f"another function set is deployed there ({', '.join(deployed)}): name it with --functions")


def _administrator(outputs: Mapping[str, Any], name: str, password: str) -> None:
    """Make the administrator when missing. Needs the right to write to the store, and credentials for it."""
    if outputs["store_url"].startswith("s3://"):
        # The API's URL names the region; the shell's own may be another one.
        os.environ["AWS_REGION"] = os.environ["AWS_DEFAULT_REGION"] = outputs["api_url"].split(".")[2]
    if outputs["store_url"].startswith("az://"):
        os.environ.setdefault("AZURE_STORAGE_ACCOUNT_NAME", outputs["ingest_bucket"].split("/")[2].partition(".")[0])
        os.environ.setdefault("AZURE_USE_AZURE_CLI", "true")
    documents = Documents(open_store(outputs["store_url"]))
    if not users.exists(documents, name):
        users.save(documents, system_clock, name, password)
        access.grant(documents, name, ADMIN, EVERY)
        print(f"made the administrator {name}")


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


def _health(outputs: Mapping[str, Any]) -> int:
    """Ask whether the deployed API answers; returns an exit code."""
    with urlopen(f"{outputs['api_url']}/api/health", timeout=60) as reply:  # noqa: S310  terraform's output
        print(f"health: {reply.read().decode()}")
    return 0


def remedy(provider: str, said: str) -> str:
    """What to do about a failure of terraform's, from what it said."""
    if NO_LOGIN.search(said):
        return f"-> nobody is logged in, or the login has expired: {LOGIN[provider]}, then run this again"
    if NO_PERMISSION.search(said):
        return (
            f"-> a permission is missing; docs/deploy-{provider}.md lists those needed. Then run this again: it goes on"
        )
    return "-> once that is mended, run this again: it goes on where it stopped"


def _fail(message: str) -> int:
    print(message, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
