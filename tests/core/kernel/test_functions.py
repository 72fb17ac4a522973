from __future__ import annotations

import json
from pathlib import Path

from core.kernel.functions import BY_NAME, FUNCTIONS, as_json

GENERATED = Path(__file__).parents[3] / "infra" / "functions.json"


def test_the_file_for_terraform_is_fresh() -> None:
    assert GENERATED.read_text() == as_json(), "run: python -m core.kernel.functions > infra/functions.json"


def test_terraform_gets_every_function_by_name() -> None:
    declared = json.loads(as_json())
    assert list(declared) == [function.name for function in FUNCTIONS] == list(BY_NAME)
    assert declared["ingest"] == {
        "name": "ingest",
        "trigger": "object",
        "memory_mb": 2048,
        "timeout_s": 540,
        "attempts": 5,
        "source": "incoming/",
        "description": BY_NAME["ingest"].description,
    }


def test_limits_keep_the_contract() -> None:
    for function in FUNCTIONS:
        assert function.timeout_s <= (29 if function.trigger in ("http", "authorizer") else 540)
