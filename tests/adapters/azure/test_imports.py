"""What the start of an app must not load."""

from __future__ import annotations

import os
import subprocess
import sys

from core.energy.functions import FUNCTIONS

UNNEEDED = (
    "azure.durable_functions",
    "azure.storage",
    "azure.identity",
    "aiohttp",
    "typing_extensions",
    "jwt",
    "deltalake",
)


def test_an_app_has_and_loads_the_functions_that_are_on() -> None:
    code = f"""
import sys
from adapters.azure.app import app
print([one.get_function_name() for one in app.get_functions()])
print([one for one in {UNNEEDED} if one in sys.modules])
print(sorted(one for one in sys.modules if one.startswith("adapters.azure.")))
"""
    off = {f"AzureWebJobs.{name}.Disabled": "true" for name in FUNCTIONS.every if name != "api"}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **off}, capture_output=True, text=True, check=True
    )
    parts = ("app", "bootstrap", "http", "sender", "signer", "workflows")
    assert done.stdout.splitlines() == ["['api']", "[]", str([f"adapters.azure.{part}" for part in parts])]
