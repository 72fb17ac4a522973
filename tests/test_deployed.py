"""The contract suite against a URL, as after a deployment: here the URL of a local server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import closing

import pytest

from tests.beds.deployment import Deployment
from tests.contract.providers.local import LocalHarness, start
from tests.contract.system import PASSWORD, populate

FILES = [f"tests/contract/test_{name}.py" for name in ("answers", "http", "limits", "auth", "uploads", "hosting")]


def suite(harness: LocalHarness, *more: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--provider=deployed"]
    command += [f"--url={harness.base_url}", "--user=ada", *more, *FILES]
    environment = {**os.environ, "TREFOIL_PASSWORD": PASSWORD}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize(("with_store", "at_least"), [(False, 100), (True, 170)])
def test_it_runs_with_only_a_url_and_an_admin_and_nearly_whole_with_the_store(
    tmp_path_factory: pytest.TempPathFactory, with_store: bool, at_least: int
) -> None:
    with closing(start(tmp_path_factory.mktemp("deployed"), Deployment("core.energy", fill=populate))) as harness:
        more = [f"--store={harness.store.url}", f"--site={harness.base_url}"] if with_store else []
        summary = suite(harness, *more)
    passed = re.search(r"(\d+) passed", summary)
    assert passed, summary
    assert int(passed[1]) >= at_least, summary
