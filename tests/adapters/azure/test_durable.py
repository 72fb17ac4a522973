"""The orchestrator under Microsoft's own in-memory backend, which judges it beside the stand-in for the extension."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

JUDGE = os.environ.get("DURABLE_JUDGE", "")
ENDS = {
    "torn": "bad",
    "exhausted": "unavailable",
    "final": "bad",
    "late": "timeout",
    "fail": "not_wanted",
}


@pytest.mark.skipif(not JUDGE, reason="needs Python 3.13, which the backend's library asks for (DURABLE_JUDGE)")
def test_every_kind_of_run_ends_so_by_microsoft_s_own_backend_too(tmp_path: Path) -> None:
    command = [JUDGE, "-m", "tests.beds.azure.judge", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."})
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(told) == 17, done.stderr[-3000:]
    for one in told:
        code = "negative" if -2 in one["given"].get("numbers", []) else ENDS.get(one["kind"])
        assert (one["state"], one["error"] and one["error"]["code"]) == ("failed" if code else "done", code), one
        assert one["status"] == ("FAILED" if code else "COMPLETED"), one
        most = {"flaky": 3, "down": 3}
        assert all(count == most.get(step, 1) for step, count in Counter(one["calls"]).items()), one
    print(f"{len(told)} runs judged")
