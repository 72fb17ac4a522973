"""What the start of a sandbox loads: all that its function needs at once, and nothing that it does not."""

from __future__ import annotations

import os
import subprocess
import sys

from core.kernel.auth import keys

SETTINGS = {
    "TREFOIL_STORE": "memory:///",
    "TREFOIL_ISSUER": "https://trefoil.example",
    "TREFOIL_AUDIENCE": "trefoil",
    "TREFOIL_QUEUES": "https://sqs.eu-west-2.amazonaws.com/1/trefoil-",
}


def start(function: str, ask: str, key: str) -> list[str]:
    """What a new process prints that has looked the function up."""
    code = f"import sys\nfrom adapters.aws.main import {function}\nfrom adapters.aws import bootstrap\nprint({ask})"
    environment = {**os.environ, **SETTINGS, "TREFOIL_SIGNING_KEY": key}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_hello_loads_nothing_that_tokens_or_signed_calls_need() -> None:
    unneeded = ("jwt", "cryptography", "botocore", "urllib3", "argon2", "deltalake", "typing_extensions")
    assert start("api", f"[one for one in {unneeded} if one in sys.modules]", "-") == ["[]"]


def test_the_app_is_made_before_the_first_request() -> None:
    assert start("api", "__import__('adapters.aws.http').aws.http._app.cache_info().currsize", "-") == ["1"]


def test_the_authorizer_has_its_keys_before_the_first_request() -> None:
    asked = "'jwt' in sys.modules, len(bootstrap.services().keyring._keys)"
    assert start("authorizer", asked, keys.generate()) == ["True 1"]


def test_an_authorizer_whose_key_can_not_be_read_starts_all_the_same() -> None:
    """Its requests ask again, and tell why."""
    assert start("authorizer", "len(bootstrap.services().keyring._keys)", "no key") == ["0"]
