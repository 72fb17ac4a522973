"""The API against its own description, in each provider's runtime: what it says it takes, and what it says it answers."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.energy.accounts import accounts
from core.energy.actions import ACTIONS
from core.energy.trading import products
from core.kernel.auth import access, users
from core.kernel.clock import system_clock
from core.kernel.documents import Documents
from core.kernel.functions import ADMIN
from tests import asking
from tests.contract.system import NIGHT, PASSWORD, PRODUCT, Harness, System
from tests.figures import Tell

CONFIG = Path(__file__).parent / "schemathesis.toml"
SEED, EXAMPLES = "20", "4"
LONG, LONG_EXAMPLES = "1500", "60"
"""Seconds for which fuzzing and the sequences of requests are repeated, and how many of each at a time."""
THIRD = {"aws": 0, "gcp": 1, "azure": 2}
"""Which third of the operations is asked of a cloud's runtime in the quick run: together all, and locally all again."""
NAMED, POINT = ("Schema-1", "Schema-2"), "1012345678903"


@pytest.fixture
def token(harness: Harness, tmp_path: Path) -> Iterator[str]:
    """Of a user who may do everything with accounts of its own, and say who may do what."""
    documents = Documents(harness.store)
    for user in ("schema", "schema-user"):
        users.save(documents, system_clock, user, PASSWORD)
    for account in NAMED:
        accounts.ensure(documents, account)
        for action in ACTIONS:
            if action != "delete":
                access.grant(documents, "schema", action, account)
    access.grant(documents, "schema", "delete", "Schema-9")
    access.grant(documents, "schema", ADMIN, "*")
    for name in ("schema-green", "schema-blue"):
        products.save(documents, {**PRODUCT, "id": name})
    with asking.client(harness.base_url, headers=dict(harness.headers)) as client:
        system = System(harness, client, tmp_path)
        rows = [f"{POINT},2025-10-01T{hour:02}:00:00Z,1,0.5" for hour in range(24)]
        system.ingest(NAMED[0], "readings.csv", "\n".join(["point,start,version,kwh", *rows, "a,row,of,nonsense", ""]))
        token = system.token("schema")
    yield token
    for product in (PRODUCT, NIGHT):  # which other cases need, and an administrator may have taken off sale
        products.save(documents, product)


@pytest.mark.skipif("SCHEMATHESIS" not in os.environ, reason="name schemathesis' executable in SCHEMATHESIS")
def test_every_request_is_answered_as_the_description_says(
    harness: Harness, token: str, tmp_path: Path, pytestconfig: pytest.Config, figure: Tell
) -> None:
    description = tmp_path / "openapi.json"
    reply = asking.request("GET", f"{harness.base_url}/api/openapi.json", headers=dict(harness.headers))
    description.write_text(json.dumps(reply.json()))
    operations = [f"{method.upper()} {path}" for path, held in reply.json()["paths"].items() for method in held]
    command = [os.environ["SCHEMATHESIS"], "--no-color", "--config-file", str(CONFIG), "run", str(description)]
    command += ["--url", harness.base_url, "--phases", "examples,coverage,fuzzing,stateful"]
    for name, value in harness.headers.items():
        command += ["--header", f"{name}:{value}"]
    if pytestconfig.getoption("--long"):
        command += ["--max-examples", LONG_EXAMPLES, "--max-time", LONG]
    else:
        command += ["--max-examples", EXAMPLES, "--seed", SEED]
        if harness.provider in THIRD:
            command += [f"--include-name={name}" for name in operations[THIRD[harness.provider] :: 3]]
    given = {**os.environ, "TREFOIL_TOKEN": token, "PYTHONPATH": ""}  # its environment is not this one
    done = subprocess.run(command, cwd=tmp_path, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    cases, seed = (re.search(pattern, done.stdout) for pattern in (r"(\d+) generated", r"Seed: (\d+)"))
    assert cases
    assert seed
    figure(f"{cases[1]} requests with seed {seed[1]}, each answered as described")
