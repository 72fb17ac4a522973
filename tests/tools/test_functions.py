"""The JSON that Terraform reads."""

from __future__ import annotations

import json
from pathlib import Path

from core.kernel.functions import load
from tools.functions import as_json

GENERATED = Path(__file__).parents[2] / "infra" / "functions.json"


def test_the_file_for_terraform_is_fresh() -> None:
    made = as_json("core.energy", load("core.energy"))
    assert GENERATED.read_text() == made, "run: python -m tools.functions > infra/functions.json"


def test_terraform_gets_every_function_by_name() -> None:
    functions = load("core.energy")
    declared = json.loads(as_json("core.energy", functions))
    assert declared["set"] == "core.energy"
    assert list(declared["functions"]) == list(functions.every)
    assert declared["functions"]["ingest"] == {
        "name": "ingest",
        "description": functions.named("ingest").description,
        "memory_mb": 2048,
        "timeout_s": 540,
        "attempts": 5,
        "trigger": "object",
        "source": "incoming/",
        "queue": "ingest",
        "together": True,
    }
    buried = declared["functions"]["bury_jobs"]
    assert (buried["trigger"], buried["source"], buried["queue"]) == ("dead", "jobs", "jobs")
