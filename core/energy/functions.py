"""The electricity company's function set, declared once: adapters, Terraform, OpenAPI and the docs derive from it."""

from __future__ import annotations

from core.energy.actions import ACTIONS
from core.energy.jobs import QUEUE
from core.kernel.functions import Command, Function, FunctionSet, Job
from core.kernel.triggers import Authorizer, Http, Object, Queue, Schedule, Step

DAILY = Schedule("0 2 * * *")
MONTHLY = Schedule("0 4 3 * *")
"""When the last readings of the month before should have come."""
MORNING = Schedule("0 7 * * *")
"""When the readings of the day before should have come."""

FUNCTIONS = FunctionSet(
    title="Trefoil",
    routes="core.energy.routes:ROUTES",
    settings="core.energy.settings:read",
    actions=ACTIONS,
    functions=(
        Function("api", Http(), description="The REST API and the token issuer's discovery documents", timeout_s=29),
        Function(
            "authorizer",
            Authorizer(),
            description="Bearer token to principal, the same verdict on every cloud",
            timeout_s=5,
        ),
        Function(
            "ingest",
            Object("incoming/"),
            "core.energy.ingest.handler:created",
            "Meter files of many layouts to the account's table",
            memory_mb=2048,
            timeout_s=540,
            together="core.energy.ingest.handler:created_together",
        ),
        Function(
            "jobs",
            Queue(QUEUE),
            description="Exports, deletions, settlements, forecasts, alerts, maintenance of tables",
            memory_mb=2048,
            timeout_s=540,
        ),
        Function(
            "settle",
            Step("core.energy.settlement.workflow:WORKFLOW"),
            description="The steps of a settlement",
            memory_mb=2048,
            timeout_s=540,
        ),
        Function(
            "settle_monthly",
            MONTHLY,
            "core.energy.schedules:settle",
            "Settles every account's last month, where that is switched on",
            timeout_s=540,
        ),
        Function(
            "forecast", DAILY, "core.energy.forecasts.job:ask", "Asks for the day's weather forecasts", timeout_s=60
        ),
        Function(
            "maintain",
            DAILY,
            "core.energy.schedules:maintain",
            "Old dead letters and exports go, tables are tidied",
            timeout_s=540,
        ),
        Function(
            "alert",
            MORNING,
            "core.energy.alerts.job:ask",
            "Asks for a look at each account that wants to be told of days that took too much",
            timeout_s=540,
        ),
    ),
    jobs=(
        Job(
            "export",
            QUEUE,
            "core.energy.exports.job:ExportJob",
            "core.energy.exports.job:export",
            given_up="core.energy.exports.job:given_up",
        ),
        Job(
            "delete-account",
            QUEUE,
            "core.energy.accounts.deletion:DeletionJob",
            "core.energy.accounts.deletion:delete_account",
        ),
        Job(
            "maintain",
            QUEUE,
            "core.energy.readings.maintenance:MaintenanceJob",
            "core.energy.readings.maintenance:maintain",
        ),
        Job("settle", QUEUE, "core.energy.settlement.job:SettleJob", "core.energy.settlement.job:begin"),
        Job(
            "forecast",
            QUEUE,
            "core.energy.forecasts.job:ForecastJob",
            "core.energy.forecasts.job:fetch",
            before_replay="core.energy.forecasts.job:check_replay",
        ),
        Job(
            "alert",
            QUEUE,
            "core.energy.alerts.job:AlertJob",
            "core.energy.alerts.job:look",
            before_replay="core.energy.alerts.job:check_replay",
        ),
    ),
    commands=(
        Command(
            "accounts",
            "which accounts there are; make one, delete one",
            "core.energy.accounts.commands:arguments",
            "core.energy.accounts.commands:run",
        ),
        Command(
            "products",
            "the tariffs on sale; add or change one, take one away",
            "core.energy.trading.commands:arguments",
            "core.energy.trading.commands:run",
        ),
        Command(
            "files",
            "say what a file of readings is, and how it would land",
            "core.energy.ingest.commands:arguments",
            "core.energy.ingest.commands:run",
            alone=True,
        ),
        Command(
            "settle",
            "settle a month of an account, or of all",
            "core.energy.settlement.commands:arguments",
            "core.energy.settlement.commands:settle",
        ),
    ),
    status="core.energy.operations:status",
    trace="core.energy.operations:trace",
    # What others drop comes last: it may hold what can't be erased.
    owned=(
        "settings/{account}.json",
        "sources/{account}.json",
        "names/{account}/",
        "ingestions/{account}/",
        "rejects/{account}/",
        "readings/{account}/",
        "trades/{account}/",
        "exports/{account}/",
        "runs/settle/{account}/",
        "steps/settle/{account}/",
        "settlements/{account}/",
        "alerts/{account}/",
        "incoming/{account}/",
    ),
)
