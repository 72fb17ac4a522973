"""When the timers strike: as declared, or as the app's setting says."""

from __future__ import annotations

import importlib
import json

import pytest

from core.kernel.functions import BY_NAME


@pytest.mark.parametrize(
    ("setting", "wanted"), [(None, "0 0 2 * * *"), ("", "0 0 2 * * *"), ("30 3 * * *", "0 30 3 * * *")]
)
def test_the_timers_follow_the_setting(monkeypatch: pytest.MonkeyPatch, setting: str | None, wanted: str) -> None:
    from adapters.azure import schedule

    if setting is None:
        monkeypatch.delenv("TREFOIL_SCHEDULE", raising=False)
    else:
        monkeypatch.setenv("TREFOIL_SCHEDULE", setting)
    blueprint = importlib.reload(schedule).blueprint
    crons = {
        json.loads(binding)["schedule"]
        for builder in blueprint._function_builders
        for binding in builder.build().get_raw_bindings()
        if json.loads(binding)["type"] == "timerTrigger"
    }
    assert crons == {wanted}
    assert BY_NAME["forecast"].source == BY_NAME["maintain"].source == "0 2 * * *"
    monkeypatch.undo()
    importlib.reload(schedule)
