"""One real timer: EventBridge Scheduler fires, the function asks for the forecast, and the queue's function fetches it."""

from __future__ import annotations

from datetime import timedelta

from core.kernel.clock import system_clock
from tests.contract.providers.aws import AwsHarness
from tools.waiting import eventually


def test_the_scheduler_fires_and_the_forecast_is_asked_for(harness: AwsHarness) -> None:
    def fires() -> int:
        return len([line for line in harness.logs() if line["message"] == "forecast asked for"])

    before = fires()
    scheduler = harness.emulator.client("scheduler")
    at = (system_clock() + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
    role = harness.emulator.role("scheduler", {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"})
    scheduler.create_schedule(
        Name="once",
        ScheduleExpression=f"at({at})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": harness.arns["forecast"], "RoleArn": role},
    )
    # The emulator looks at its schedules every ten seconds.
    assert eventually("firing", lambda: fires() > before)
