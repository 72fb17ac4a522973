"""What the start of a function must not load."""

from __future__ import annotations

import subprocess
import sys

UNNEEDED = ("google.auth", "requests", "grpc", "typing_extensions", "jwt", "cryptography", "deltalake", "argon2")


def test_a_function_loads_its_own_triggers_code_and_no_client() -> None:
    code = f"""
import sys, functions_framework
from adapters.gcp.main import api
print([one for one in {UNNEEDED} if one in sys.modules])
print(sorted(one for one in sys.modules if one.startswith("adapters.gcp.")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    parts = ("bootstrap", "calls", "events", "http", "main", "publisher", "signer", "workflows")
    assert done.stdout.splitlines() == ["[]", str([f"adapters.gcp.{part}" for part in parts])]
