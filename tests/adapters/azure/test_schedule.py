"""When the timers fire: as declared, or as the app's setting says."""

from __future__ import annotations

import json

import azure.functions as func
import pytest

from adapters.azure import schedule
from core.kernel.functions import load
from core.kernel.triggers import Schedule

OTHERS = {"settle_monthly": "0 0 4 3 * *", "alert": "0 0 7 * * *"}


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [
        (None, {"forecast": "0 0 2 * * *", "maintain": "0 0 2 * * *", **OTHERS}),
        ("", {"forecast": "0 0 2 * * *", "maintain": "0 0 2 * * *", **OTHERS}),
        ("forecast=30 3 * * MON-FRI", {"forecast": "0 30 3 * * MON-FRI", "maintain": "0 0 2 * * *", **OTHERS}),
    ],
)
def test_the_timers_follow_the_setting(
    monkeypatch: pytest.MonkeyPatch, setting: str | None, wanted: dict[str, str]
) -> None:
    if setting is None:
        monkeypatch.delenv("TREFOIL_SCHEDULES", raising=False)
    else:
        monkeypatch.setenv("TREFOIL_SCHEDULES", setting)
    functions, app = load("core.energy"), func.FunctionApp()
    for one in functions.of(Schedule):
        schedule.register(app, functions, one)
    crons = {
        function.get_function_name(): json.loads(binding)["schedule"]
        for function in app.get_functions()
        for binding in function.get_raw_bindings()
        if json.loads(binding)["type"] == "timerTrigger"
    }
    assert crons == wanted
