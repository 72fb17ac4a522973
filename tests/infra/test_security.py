"""checkov finds nothing that `infra/checkov.yaml` does not leave out with a reason."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from tools.infra import INFRA, ROOTS


@pytest.mark.parametrize("root", [*ROOTS, "bootstrap"])
def test_checkov_finds_nothing(root: str) -> None:
    command = [os.environ["CHECKOV"], "-d", str(INFRA / root), "--config-file", str(INFRA / "checkov.yaml")]
    done = subprocess.run([*command, "-o", "json"], capture_output=True, text=True, check=False)
    summary = json.loads(done.stdout)
    assert summary["results"]["failed_checks"] == [], [
        (one["check_id"], one["resource"], one["check_name"]) for one in summary["results"]["failed_checks"]
    ]
    assert summary["summary"]["passed"] > 0
    assert summary["summary"]["parsing_errors"] == 0
