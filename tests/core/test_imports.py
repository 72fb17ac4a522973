"""What importing must not cost."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["core.kernel.api.app", "core.kernel.auth.authorizer", "adapters.local.__main__"])
def test_login_and_hello_never_load_the_table_engine(module: str) -> None:
    code = (
        f"import sys, {module}; print([m for m in ('deltalake', 'arro3', 'arro3.core', 'duckdb') if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


def test_hello_is_answered_without_what_only_other_requests_need() -> None:
    """The app with all its routes: no password, token, key, file or folder is looked at, and no dataclass made."""
    code = """
import sys
from core.kernel import http, services
from core.kernel.config import Config
environment = {"TREFOIL_STORE": "memory:///", "TREFOIL_ISSUER": "https://a", "TREFOIL_AUDIENCE": "a", "TREFOIL_SIGNING_KEY": "-"}
port = lambda *_: None
made = services.compose(
    "aws", environment, Config.from_environment(environment), signing_key=port, signer=port, queues=port, workflows=port
)
from core.kernel.api.app import App
answer = App(made).handle(http.Request("GET", "/api/hello", "name=Tim", (), b""))
unneeded = ("argon2", "ast", "cryptography", "dataclasses", "inspect", "jwt", "pathlib", "typing_extensions")
unneeded += ("core.kernel.api.docs", "core.kernel.api.openapi", "gzip")
print(answer.body.decode(), [one for one in unneeded if one in sys.modules])
"""
    # Without the site: what the environment's own .pth files load is not ours.
    paths = [one for one in sys.path if one]
    command = [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {paths}\n{code}"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == '{"message":"Hello Tim"} []\n'


def test_core_loads_no_cloud_sdk_or_server() -> None:
    names = ("boto3", "botocore", "google", "azure", "functions_framework", "uvicorn", "filelock")
    code = (
        f"import sys, core.kernel.api.app, core.energy.ingest.handler; print([m for m in {names} if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
