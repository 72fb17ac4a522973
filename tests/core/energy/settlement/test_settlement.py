"""A whole settlement, in process: whatever was read, the sum over its points is the sum of the readings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import obstore
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.energy.accounts import accounts
from core.energy.ingest.handler import created
from core.energy.readings import query
from core.energy.readings.zones import named
from core.energy.settlement import api, batches, documents
from core.energy.settlement.job import SettleJob, begin
from core.energy.settlement.month import Month
from core.energy.settlement.workflow import WORKFLOW
from core.energy.trading import products
from core.kernel.api.context import Call
from core.kernel.events import Due, ObjectCreated
from core.kernel.functions import load
from core.kernel.http import Request
from core.kernel.services import Services
from core.kernel.workflow import runs, steps
from core.kernel.workflow.steps import Run
from tests.conftest import KeptQueue, KeptRuns, StoppedClock
from tests.core.energy.readings.asking import totals
from tests.core.energy.running import run as run_job
from tests.core.kernel.workflow.engine import Engine

POINTS = ("1012345678903", "1023456789017")
MONTH = "2025-10"
LONDON = named("Europe/London")
BEGIN, END = Month.named(MONTH).bounds(LONDON)
HALF = timedelta(minutes=30)
GREEN = {
    "id": "green",
    "name": "",
    "description": "",
    "currency": "GBP",
    "unit_rate": "0.2450",
    "standing_charge": "0.5312",
}
NIGHT = {
    **GREEN,
    "id": "night",
    "unit_rate": "0.31",
    "export_rate": "0.15",
    "bands": [{"name": "night", "begin": "23:30", "end": "05:30", "rate": "0.07"}],
}


class SettleEngine(Engine):
    """The company's workflow, under its own name."""

    def __init__(self, services: Services) -> None:
        super().__init__(services, WORKFLOW)
        self.function = load("core.energy").named("settle")


def account_with(services: Services, rows: list[tuple[str, datetime, str, str]], *contract: tuple[str, str]) -> str:
    """A new account with these readings (point, start, channel, kWh), and a contract."""
    account = f"A{uuid4().hex[:12]}"
    accounts.ensure(services.documents, account)
    for product in (GREEN, NIGHT):
        products.save(services.documents, product)
    agreed = [{"product": product, "from": first} for product, first in contract or (("green", "2020-01-01"),)]
    services.documents.put(f"settings/{account}.json", {"contract": agreed})
    add(services, account, rows)
    return account


def add(services: Services, account: str, rows: list[tuple[str, datetime, str, str]]) -> None:
    lines = [f"{point},{start:%Y-%m-%dT%H:%M:%SZ},1,{value},{channel},30" for point, start, channel, value in rows]
    text = "\n".join(["point,start,version,kwh,channel,minutes", *lines]) + "\n"
    key = f"incoming/{account}/{uuid4().hex}.csv"
    obstore.put(services.store.client, key, text.encode())
    created(services, ObjectCreated(key))


def settle(
    services: Services, account: str, *, estimate: bool = False, run: str = ""
) -> tuple[str | None, dict[str, Any] | None]:
    """What the run failed with, and the latest settlement."""
    name = run or uuid4().hex
    asked = {"account": account, "month": MONTH, "estimate": estimate}
    runs.create(services, Run("settle", account, name), asked)
    engine = SettleEngine(services)
    code = engine.run(f"{account}/{name}", **asked)
    steps.take(services, engine.function, {"run": f"{account}/{name}", "end": code or ""})
    return code, documents.latest(services.documents, account, MONTH)


@pytest.fixture
def services(services: Services, clock: StoppedClock) -> Services:
    clock.now = datetime(2025, 12, 1, tzinfo=UTC)
    return services


def whole(points: tuple[str, ...] = POINTS, weeks: int = 4) -> Iterator[tuple[str, datetime, str, str]]:
    for point in points:
        start = BEGIN - timedelta(weeks=weeks)
        while start < END:
            yield point, start, "import", f"{(start.day * 7 + start.hour) % 11 / 10:.1f}"
            start += HALF


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sets(st.tuples(st.sampled_from(POINTS), st.integers(0, 1489)), max_size=60),
    st.lists(st.tuples(st.sampled_from(POINTS), st.integers(0, 1489), st.decimals(0, 50, places=4)), max_size=20),
    st.sampled_from(
        [(("green", "2020-01-01"),), (("green", "2020-01-01"), ("night", "2025-10-26")), (("night", "2025-10-01"),)]
    ),
)
def test_the_sum_over_points_is_the_sum_of_the_readings(
    services: Services,
    gaps: set[tuple[str, int]],
    exports: list[tuple[str, int, Decimal]],
    contract: tuple[tuple[str, str], ...],
) -> None:
    gone = {(point, BEGIN + HALF * place) for point, place in gaps}
    given_back = {(point, BEGIN + HALF * place): value for point, place, value in exports}
    rows = [row for row in whole() if (row[0], row[1]) not in gone]
    account = account_with(services, rows, *contract)
    add(services, account, [(point, start, "export", str(value)) for (point, start), value in given_back.items()])
    code, settled = settle(services, account, estimate=True)
    if given_back:  # nothing was given back in the weeks before, so the rest of that channel can't be guessed
        assert code == "no_history"
        return
    assert code is None
    assert settled is not None
    estimated = Decimal(settled["estimated_kwh"])
    assert Decimal(settled["import_kwh"]) - estimated == sum(Decimal(row[3]) for row in rows if BEGIN <= row[1] < END)
    for one in settled["points"]:
        asked = query.Series(one["point"], begin=BEGIN, end=END, zone=LONDON)
        of_api = totals(services.store, account, asked, resolution="month")
        assert Decimal(one["import_kwh"]) - Decimal(one["estimated_kwh"]) == sum(total.value for total in of_api)
        lines = [line for line in settled["lines"] if line["point"] == one["point"]]
        assert sum(Decimal(line["amount"]) for line in lines) == Decimal(one["amount"])
        assert sum(int(line["quantity"]) for line in lines if line["unit"] == "day") == 31
    assert sum(Decimal(one["amount"]) for one in settled["points"]) == Decimal(settled["total"])
    assert bool(estimated) <= bool(gone)


def test_what_is_given_back_is_credited(services: Services) -> None:
    rows = [*whole(), *((point, start, "export", "0.5") for point, start, _, _ in whole() if start >= BEGIN)]
    account = account_with(services, rows, ("night", "2025-01-01"))
    code, settled = settle(services, account)
    assert (code, settled is not None) == (None, True)
    assert settled is not None
    credited = [line for line in settled["lines"] if line["channel"] == "export"]
    assert [(line["quantity"], line["rate"], line["amount"]) for line in credited] == [("745", "-0.15", "-111.75")] * 2
    assert settled["export_kwh"] == "1490"


def test_the_first_day_of_a_point_is_the_first_that_it_is_settled_for(services: Services) -> None:
    moved_in = datetime(2025, 10, 20, 9, tzinfo=UTC)
    rows = [row for row in whole((POINTS[0],)) if row[1] >= moved_in]
    account = account_with(services, rows)
    code, _ = settle(services, account)
    assert code == "incomplete"  # the morning of that day
    add(services, account, [(POINTS[0], start, "import", "0") for start in (moved_in - HALF * n for n in range(1, 21))])
    code, settled = settle(services, account)
    assert code is None
    assert settled is not None
    assert [line["quantity"] for line in settled["lines"] if line["unit"] == "day"] == ["12"]


def test_a_point_without_readings_in_the_month_is_left_out_and_named(services: Services) -> None:
    old = [(POINTS[1], datetime(2024, 5, 1, tzinfo=UTC) + HALF * number, "import", "1") for number in range(48)]
    account = account_with(services, [*whole((POINTS[0],)), *old])
    _, settled = settle(services, account)
    assert settled is not None
    assert [one["point"] for one in settled["points"]] == [POINTS[0]]
    assert settled["left_out"] == [
        {"point": POINTS[1], "channel": "import", "first": "2024-05-01T00:00:00Z", "last": "2024-05-01T23:30:00Z"}
    ]


def test_settled_again_after_new_data_it_says_what_changed(services: Services) -> None:
    gap = BEGIN + timedelta(days=9)
    account = account_with(services, [row for row in whole() if (row[0], row[1]) != (POINTS[0], gap)])
    assert settle(services, account)[0] == "incomplete"
    _, first = settle(services, account, estimate=True)
    _, same = settle(services, account, estimate=True)
    assert first is not None
    assert first == same
    add(services, account, [(POINTS[0], gap, "import", "7.25")])
    _, second = settle(services, account, estimate=True)
    assert second is not None
    assert (second["version"], second["estimated_kwh"]) == (2, "0")
    (line,) = second["changes"]["lines"]
    assert (line["point"], line["before"]["estimated"], line["after"]["estimated"]) == (
        POINTS[0],
        first["estimated_kwh"],
        "0",
    )
    assert second["changes"]["total"] == first["total"]
    assert documents.get(services.documents, account, MONTH, 1) == first  # which is never changed


def test_a_settlement_is_of_one_moment(services: Services) -> None:
    """Readings that come while it runs are the next one's."""
    account = account_with(services, list(whole()))
    asked = {"account": account, "month": MONTH, "estimate": False}
    engine = SettleEngine(services)
    engine.before = lambda event: (
        add(services, account, [(POINTS[1], BEGIN, "import", "1000")]) if event["step"] == "gather" else None
    )
    _, first = settle(services, account)
    engine.run(f"{account}/other", **asked)
    assert first is not None
    latest = documents.latest(services.documents, account, MONTH)
    assert latest == first


def test_two_runs_of_one_month_do_not_publish_one_version_twice(services: Services) -> None:
    account = account_with(services, list(whole()))
    asked = {"account": account, "month": MONTH, "estimate": False}
    second = SettleEngine(services)
    second.before = lambda event: settle(services, account) if event["step"] == "publish" else None
    assert second.run(f"{account}/second", **asked) == "conflict"


@pytest.mark.parametrize(
    ("contract", "code"),
    [
        ((("green", "2025-10-02"),), "no_contract"),
        ((("green", "2025-01-01"), ("euro", "2025-10-15")), "currencies"),
        ((("gone", "2025-01-01"),), "no_product"),
    ],
)
def test_a_contract_that_does_not_price_the_month_is_told(services: Services, contract: Any, code: str) -> None:
    products.save(services.documents, {**GREEN, "id": "euro", "currency": "EUR"})
    account = account_with(services, list(whole()), *contract)
    assert settle(services, account)[0] == code


def test_a_settlement_of_an_account_that_was_made_anew_is_not_published(services: Services) -> None:
    account = account_with(services, list(whole()))
    engine = SettleEngine(services)

    def made_anew(event: Any) -> None:
        if event["step"] == "publish":
            accounts.remove(services.documents, account)
            accounts.ensure(services.documents, account)

    engine.before = made_anew
    assert engine.run(f"{account}/one", account=account, month=MONTH, estimate=False) == "no_account"
    assert documents.latest(services.documents, account, MONTH) is None


@pytest.mark.parametrize(
    "broken",
    [{"unit_rate": "cheap"}, {"bands": [{"name": "n", "begin": "noon", "end": "13:00", "rate": "1"}]}, {"bands": [{}]}],
)
def test_a_product_that_has_no_usable_price_is_told(services: Services, broken: dict[str, Any]) -> None:
    account = account_with(services, list(whole()))
    products.save(services.documents, {**GREEN, **broken})
    assert settle(services, account)[0] == "no_product"


def test_a_month_that_is_not_over_is_not_settled(services: Services, clock: StoppedClock) -> None:
    account = account_with(services, list(whole()))
    clock.now = END - timedelta(seconds=1)
    assert settle(services, account)[0] == "not_over"
    clock.now = END
    assert settle(services, account)[0] is None


def test_an_hour_over_a_change_of_the_rate_is_not_priced(services: Services) -> None:
    account = account_with(services, [], ("night", "2025-01-01"))
    hours = [BEGIN + timedelta(hours=number) for number in range(745)]
    lines = [f"{POINTS[0]},{start:%Y-%m-%dT%H:%M:%SZ},1,1,60" for start in hours]
    key = f"incoming/{account}/hours.csv"
    obstore.put(services.store.client, key, "\n".join(["point,start,version,kwh,minutes", *lines]).encode())
    created(services, ObjectCreated(key))
    assert settle(services, account)[0] == "too_coarse"


def test_a_channel_outside_of_the_month_is_left_out_and_changes_nothing(services: Services) -> None:
    account = account_with(services, list(whole()))
    _, first = settle(services, account)
    later = [
        (POINTS[0], END + timedelta(days=9), "export", "1"),
        (POINTS[1], BEGIN - timedelta(days=400), "export", "1"),
    ]
    add(services, account, later)
    code, second = settle(services, account)
    assert code is None
    assert first is not None
    assert second is not None
    assert second["total"] == first["total"]
    assert [(one["point"], one["channel"]) for one in second["left_out"]] == [
        (POINTS[0], "export"),
        (POINTS[1], "export"),
    ]


def test_a_channel_that_begins_in_the_month_is_settled_from_its_first_day_on(services: Services) -> None:
    begun = BEGIN + timedelta(days=13)
    given_back = [(POINTS[0], begun + HALF * number, "export", "0.5") for number in range(int((END - begun) / HALF))]
    account = account_with(services, [*whole(), *given_back], ("night", "2025-01-01"))
    code, settled = settle(services, account)
    assert code is None
    assert settled is not None
    assert settled["export_kwh"] == f"{len(given_back) / 2:g}"


def test_a_run_of_older_readings_does_not_replace_a_newer_settlement(services: Services) -> None:
    gap = BEGIN + timedelta(days=9)
    account = account_with(services, [row for row in whole() if (row[0], row[1]) != (POINTS[0], gap)])
    older = SettleEngine(services)

    def newer(event: Any) -> None:
        if event["step"] == "compare":
            older.before = lambda _: None
            add(services, account, [(POINTS[0], gap, "import", "500")])
            assert settle(services, account)[0] is None

    older.before = newer
    assert older.run(f"{account}/older", account=account, month=MONTH, estimate=True) == "conflict"
    latest = documents.latest(services.documents, account, MONTH)
    assert latest is not None
    assert (latest["version"], latest["estimated_kwh"]) == (1, "0")


def test_another_currency_is_a_change_without_a_difference(services: Services) -> None:
    account = account_with(services, list(whole()))
    settle(services, account)
    products.save(services.documents, {**GREEN, "currency": "EUR"})
    _, settled = settle(services, account)
    assert settled is not None
    assert (settled["changes"]["currency"], settled["changes"]["difference"]) == ("GBP", None)


class Died(BaseException):
    """The process: nothing of it comes after."""


class Dying(KeptQueue):
    """A queue at which the process dies before, or after, it has the message."""

    def __init__(self, *, after: bool) -> None:
        super().__init__()
        self._after = after

    def send(self, queue: str, message: bytes, parent: str = "") -> None:
        if self._after:
            super().send(queue, message)
        raise Died


@pytest.mark.parametrize("after", [False, True], ids=["before the job", "after the job"])
def test_a_request_for_a_settlement_that_dies_leaves_no_run_that_nobody_starts(services: Services, after: bool) -> None:
    account = account_with(services, list(whole((POINTS[0],), weeks=0)))
    document = services.documents.get(accounts.path(account))
    queue = Dying(after=after)
    dying = replace(services, queues=queue)
    body = api.SettlementRequest(MONTH)
    call = Call(dying, (), Request("POST", "/"), {"account": account}, None, None, None, body, document)
    with pytest.raises(Died):
        api.create(call)
    for message in queue.sent:
        run_job(services, message)
    noted = services.documents.list("runs/settle")
    assert isinstance(services.workflows, KeptRuns)
    started = [f"runs/settle/{run}.json" for _, run in services.workflows.started]
    assert noted == started
    assert len(started) == after


def test_a_batch_goes_on_where_a_link_was_lost(services: Services, queue: KeptQueue) -> None:
    """A job that was lost, an account that was deleted before its run and one after it: none keeps the others waiting."""
    names = [account_with(services, list(whole((POINTS[0],), weeks=0))) for _ in range(5)]
    batch = batches.begin(services, "lossy", names, month=MONTH, estimate=False, at_once=1)
    engine = SettleEngine(services)

    def work() -> None:
        message = queue.sent.pop(0)
        run_job(services, message)
        started = services.workflows
        assert isinstance(started, KeptRuns)
        for _, run in started.started:
            held = runs.get(services.documents, Run("settle", *run.split("/")))
            assert held is not None
            steps.take(services, engine.function, {"run": run, "end": engine.run(run, **held["input"]) or ""})
        started.started.clear()

    work()
    queue.sent.clear()  # what the first run's end asked for is lost
    accounts.remove(services.documents, names[1])
    services.documents.delete(runs.path(batches.run_of("lossy", names[0])))
    accounts.remove(services.documents, names[0])
    assert batches.resume(services) == 1
    while queue.sent:
        work()
    assert batches.progress(services.documents, "lossy") == {
        "accounts": 5,
        "states": {"gone": 2, "done": 3},
        "failed": {},
    }
    assert batches.resume(services) == 0
    batches.go_on(services, batch)
    assert queue.sent == []


def test_a_batch_settles_every_account_once_so_many_at_a_time(services: Services, queue: KeptQueue) -> None:
    names = [account_with(services, list(whole((POINTS[0],), weeks=0))) for _ in range(5)]
    batch = batches.begin(services, "october", names, month=MONTH, estimate=False, at_once=2)
    engine = SettleEngine(services)
    begun: list[str] = []
    for message in iter(lambda: queue.sent.pop(0) if queue.sent else None, None):
        assert len(queue.sent) < 2
        run_job(services, message)
        started = services.workflows
        assert isinstance(started, KeptRuns)
        for _, run in started.started:
            begun.append(run)
            held = runs.get(services.documents, Run("settle", *run.split("/")))
            assert held is not None
            steps.take(services, engine.function, {"run": run, "end": engine.run(run, **held["input"]) or ""})
        started.started.clear()
    assert sorted(begun) == sorted({f"{account}/{batches.run_of('october', account).id}" for account in names})
    assert batches.begin(services, "october", names, month=MONTH, estimate=False, at_once=2) == batch
    for message in queue.sent:
        run_job(services, message)
    assert isinstance(services.workflows, KeptRuns)
    assert services.workflows.started == []
    assert batches.progress(services.documents, "october") == {"accounts": 5, "states": {"done": 5}, "failed": {}}
    assert batches.progress(services.documents, "november") is None


def test_the_schedule_settles_the_month_before_where_it_is_switched_on(services: Services, queue: KeptQueue) -> None:
    from core.energy.schedules import settle as fire

    account_with(services, [])
    due = Due(datetime(2025, 11, 3, 4, tzinfo=UTC))
    assert fire(services, due) == {"batch": None}
    assert queue.sent == []
    on = replace(services, own=replace(services.own, settling=replace(services.own.settling, monthly=True)))
    for _ in range(2):
        assert fire(on, due) == {"batch": "monthly-2025-10", "accounts": 1}
    assert len(set(queue.sent)) == 1


def test_a_job_that_comes_again_starts_no_second_run(services: Services) -> None:
    account = account_with(services, [])
    job = SettleJob(account, "one", MONTH, False)
    assert begin(services, job) == begin(services, job) == {"run": "one", "state": "running"}
