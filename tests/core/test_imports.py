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


def test_core_loads_no_cloud_sdk_or_server() -> None:
    names = ("boto3", "botocore", "google", "azure", "functions_framework", "uvicorn", "filelock")
    code = (
        f"import sys, core.kernel.api.app, core.energy.ingest.handler; print([m for m in {names} if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
