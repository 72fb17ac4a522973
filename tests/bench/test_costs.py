"""A cost is what plain arithmetic comes to: each cloud's own metering, rounding and free tier."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from bench.portability import business, costs, prices
from bench.portability.assumptions import Assumed, Assumptions
from bench.portability.business import CUSTOMER_YEAR, MILLION, OTHER, Call, Operation
from bench.portability.prices import PARTS, Prices
from bench.portability.usage import Meter, NotCounted, Trip
from core.energy.settlement.workflow import WORKFLOW
from tools.workflows.cost import count

ROOT = Path(__file__).parents[2]
POINTS = 25
COUNTED = {call.counted for one in (*MILLION.values(), *OTHER.values()) for call in one.calls} | {
    call.counted for call in business.steps(POINTS)
}
PROVIDERS = ("aws", "gcp", "azure")


@pytest.fixture(scope="module")
def listed() -> Prices:
    return prices.load()


def trips(**given: Trip) -> dict[str, Trip]:
    """Of each operation that is priced the same small ones, but for those given by name, with _ for spaces."""
    small = Trip(3, 2, {"GET": 2, "PUT": 1}, 10.0)
    named = {name.replace("_", " "): trip for name, trip in given.items()}
    return {**dict.fromkeys(COUNTED, small), "authorizer": Trip(0, 0, {}, 0.1), **named}


def million(listed: Prices, provider: str, name: str, found: Mapping[str, Trip]) -> costs.Cost:
    return costs.of({provider: found}, listed, Assumptions()).million[name][provider]


def test_a_read_on_aws_is_two_functions_and_a_gateway(listed: Prices) -> None:
    found = million(listed, "aws", "authorised read", trips(me=Trip(3, 2, {"GET": 3}, 2.9)))
    # 512 MB have 512/1769 of a vCPU: 2.9 ms take 10.02, and two requests 40: 51 ms. The authorizer's 0.1 take 0.35: 1 ms.
    compute = (51 + 1) / 1000 * 0.5 * 0.0000166667 * 1e6
    requests = 1.00 + 2 * 0.20
    store = 3 * 0.0004 / 1000 * 1e6
    logs = 2 * 800 / 1e9 * 0.50 * 1e6 + 2 * 0.05 * 5.00
    parts = {"compute": compute, "requests": requests, "store": store, "logs": logs}
    assert found.parts == pytest.approx({**dict.fromkeys(PARTS, 0.0), **parts}, rel=1e-5)
    assert found.total == pytest.approx(compute + requests + store + logs, rel=1e-5)


def test_a_login_on_aws_passes_no_authorizer(listed: Prices) -> None:
    found = million(listed, "aws", "login", trips(login=Trip(3, 2, {"GET": 2, "PUT": 1}, 32.0)))
    # 32 ms by 512/1769 are 110.56, and two requests 40.
    assert found.parts["compute"] == pytest.approx(151 / 1000 * 0.5 * 0.0000166667 * 1e6, rel=1e-5)
    assert found.parts["requests"] == pytest.approx(1.20)
    assert found.parts["store"] == pytest.approx(2 * 0.4 + 5.0)


def test_an_ingestion_on_google_is_a_push_of_the_whole_message(listed: Prices) -> None:
    name = "32 files of 48 rows, one after the other"
    files = Trip(640, 384, {"GET": 480, "LIST": 32, "PUT": 96, "DELETE": 32}, 1280.0)
    found = million(listed, "gcp", business.SMALL, {**trips(uploads=Trip(2, 1, {"GET": 2}, 3.0)), name: files})
    # The URL: 3 + 20 ms, billed as 100. A file: 1280/32 ms and 384/32 requests, 40 + 240 ms, billed as 300.
    compute = (0.1 + 0.3) * 0.000024 * 1e6 + (0.1 * 0.5 + 0.3 * 2) * 0.0000025 * 1e6
    # The client's own PUT, and of each file 15 GET, 1 LIST, 3 PUT; the DELETE is free.
    store = (1 + 4) * 5.0 + (2 + 15) * 0.4
    queue = 2 * 2000 / 2**40 * 40 * 1e6
    storage = 8_100 / 2**30 * 0.020 * 1e6
    logs = 2 * 1600 / 2**30 * 0.50 * 1e6
    parts = {"compute": compute, "requests": 0.80, "store": store, "queue": queue, "storage": storage, "logs": logs}
    assert found.parts == pytest.approx({**dict.fromkeys(PARTS, 0.0), **parts}, rel=1e-5)


def test_a_read_on_azure_is_billed_for_a_second_of_two_gigabytes(listed: Prices) -> None:
    found = million(listed, "azure", "authorised read", trips(me=Trip(3, 2, {"GET": 3}, 2.9)))
    parts = {
        "compute": 1.0 * 2 * 0.000026 * 1e6,
        "requests": 0.40,
        "store": 3 * 0.44,
        "logs": 2500 / 1e9 * 2.30 * 1e6,
    }
    assert found.parts == pytest.approx({**dict.fromkeys(PARTS, 0.0), **parts}, rel=1e-5)


def test_a_job_on_azure_is_three_operations_of_a_queue_and_an_event_for_each_write(listed: Prices) -> None:
    found = million(listed, "azure", "forecast by schedule", trips() | {
        "forecast, schedule": Trip(0, 0, {}, 1.0),
        "forecast, job": Trip(5, 60, {"GET": 3, "PUT": 2, "LIST": 1, "DELETE": 1}, 50.0),
    })  # fmt: skip
    # 50 ms and 60 requests of 20: 1,250 ms, billed as 1,300; the schedule 1,000.
    assert found.parts["compute"] == pytest.approx((1.0 + 1.3) * 2 * 0.000026 * 1e6, rel=1e-5)
    # Three operations of the queue; two writes and a deletion are events, which Event Grid filters out. A list is none.
    assert found.parts["queue"] == pytest.approx(3 * 0.4 + 3 * 0.60, rel=1e-5)
    assert found.parts["schedule"] == 0.0


@pytest.mark.parametrize(
    ("provider", "engine", "requests"),
    [
        # 38 transitions. Two requests with their authorizers, the job and 33 steps.
        ("aws", 38 * 25.0, 2 * 1.00 + (2 + 2 + 1 + 33) * 0.20),
        ("gcp", 43 * 10.0, (2 + 1 + 33) * 0.40),
        # 33 activities and as many timers, 13 orchestrations: 125 messages, and 92 turns that are executions too.
        ("azure", 3 * 125 * 0.4 + 2 * 92 * 0.036, (2 + 1 + 33 + 92) * 0.40),
    ],
)
def test_a_settlement_pays_for_the_way_that_a_month_without_gaps_goes(
    listed: Prices, provider: str, engine: float, requests: float
) -> None:
    found = million(listed, provider, "settlement of a month", trips())
    assert found.parts["workflow"] == pytest.approx(engine, rel=1e-5)
    assert found.parts["requests"] == pytest.approx(requests, rel=1e-5)


def test_the_steps_that_are_called_are_those_that_are_counted() -> None:
    done = business.without_gaps(POINTS)
    assert sum(call.times for call in business.steps(POINTS)) == done.activities
    assert {call.counted: call.times for call in business.steps(3)}["settlement, step total"] == 3
    # With the way that is not taken it is the dearest again.
    dearest = count(WORKFLOW, POINTS)
    assert (dearest.transitions - done.transitions, dearest.activities - done.activities) == (1 + 1 + POINTS, POINTS)


@pytest.mark.parametrize(("kib", "billed"), [(0, 1), (1, 1), (512, 1), (512.1, 2), (1025, 3)])
def test_a_gateway_bills_an_answer_by_its_size(listed: Prices, kib: float, billed: int) -> None:
    meter = Meter("aws", trips(), listed.rounding["aws"], Assumptions())
    assert meter.of(Operation((Call("http", "api", "hello", answer_kib=kib),)))["gateway"] == billed


@pytest.mark.parametrize(("size", "billed"), [(1, 3), (64 * 1024, 3), (64 * 1024 + 1, 6)])
def test_sqs_bills_a_message_by_its_size(listed: Prices, size: float, billed: int) -> None:
    assumed = replace(Assumptions(), message_bytes=Assumed(size, "of this case"))
    meter = Meter("aws", trips(), listed.rounding["aws"], assumed)
    assert meter.of(Operation((Call("message", "jobs", "hello"),)))["queue"] == billed


@pytest.mark.parametrize(("size", "billed"), [(1, 1000), (1000, 1000), (1001, 1001)])
def test_pubsub_bills_a_thousand_bytes_at_least(listed: Prices, size: float, billed: int) -> None:
    assumed = replace(Assumptions(), message_bytes=Assumed(size, "of this case"))
    meter = Meter("gcp", trips(), listed.rounding["gcp"], assumed)
    used = meter.of(Operation((Call("message", "jobs", "hello"),)))["queue"]
    assert used == pytest.approx(2 * billed / 2**30)


@pytest.mark.parametrize(
    ("provider", "function", "cpu_ms", "chain", "billed_ms"),
    [
        ("aws", "api", 512 / 1769 * 10, 0, 10),
        ("aws", "api", 512 / 1769 * 10.01, 0, 11),
        ("aws", "jobs", 10, 0, 10),  # 2,048 MB are more than one vCPU, of which one is used
        ("gcp", "api", 60, 2, 100),
        ("gcp", "api", 60.1, 2, 200),
        ("azure", "api", 400, 30, 1000),
        ("azure", "jobs", 400, 31, 1100),
    ],
)
def test_an_invocation_is_billed_for_its_cpu_and_the_longest_chain(
    listed: Prices, provider: str, function: str, cpu_ms: float, chain: int, billed_ms: float
) -> None:
    meter = Meter(provider, {"it": Trip(chain, chain, {}, cpu_ms)}, listed.rounding[provider], Assumptions())
    assert meter.billed_ms(Call("direct", function, "it")) == billed_ms


def test_a_customers_year_is_the_sum_of_what_it_does(listed: Prices) -> None:
    found = costs.of(dict.fromkeys(PROVIDERS, trips()), listed, Assumptions())
    assert CUSTOMER_YEAR[business.DAILY] * 1_200 == 10_512_000 == POINTS * 17_520 * 24
    for provider in PROVIDERS:
        year, meter = found.customer_year[provider], Meter(provider, trips(), listed.rounding[provider], Assumptions())
        invocations = sum(
            meter.of({**MILLION, **OTHER}[name])["invocation"] * times for name, times in CUSTOMER_YEAR.items()
        )
        assert year.what["used"]["invocation"] == pytest.approx(invocations, rel=1e-5)
        assert year.total == pytest.approx(sum(year.parts.values()), rel=1e-5)
        assert year.what["operations_a_month"] == round(sum(CUSTOMER_YEAR.values()) / 12)
        assert year.parts["transfer"] == 0.0
    # Half of what a year's files leave is there on average.
    left = 8_760 * 57_800 / 1e9
    assert found.customer_year["aws"].parts["storage"] == pytest.approx(left * 6 * 0.023, rel=1e-5)


def test_a_free_tier_takes_off_what_is_free_and_no_more(listed: Prices) -> None:
    found = costs.of({"aws": trips()}, listed, Assumptions()).customer_year["aws"]
    items = listed.items["aws"]
    paid = sum(
        max(0.0, items[name].dollars(amount) - 12 * items[name].dollars(items[name].free))
        for name, amount in found.what["used"].items()
    )
    assert found.with_free_tier == pytest.approx(paid, rel=1e-4)
    assert 0 < found.with_free_tier < found.total


def test_what_is_all_free_costs_nothing_and_not_less(listed: Prices) -> None:
    """A free tier far beyond the use gives nothing back."""
    free = {
        provider: {name: msgspec.structs.replace(item, free=1e12) for name, item in items.items()}
        for provider, items in listed.items.items()
    }
    found = costs.of(dict.fromkeys(PROVIDERS, trips()), replace(listed, items=free), Assumptions())
    assert {year.with_free_tier for year in found.customer_year.values()} == {0.0}


def test_every_amount_has_a_price(listed: Prices) -> None:
    """Also those of operations that write, delete and list a lot."""
    busy = Trip(400, 90, {"GET": 100, "HEAD": 20, "LIST": 40, "PUT": 100, "POST": 40, "DELETE": 100}, 500.0)
    found = costs.of(
        {one: {**dict.fromkeys(COUNTED, busy), "authorizer": busy} for one in PROVIDERS}, listed, Assumptions()
    )
    for of_each in found.million.values():
        for cost in of_each.values():
            assert all(dollars >= 0 for dollars in cost.parts.values())
            assert cost.total > 0


def test_what_a_month_costs_without_a_request_is_a_line_of_its_own(listed: Prices) -> None:
    monthly = costs.of(dict.fromkeys(PROVIDERS, trips()), listed, Assumptions()).monthly
    assert monthly["azure"]["front door"] == 35.0
    assert monthly["gcp"]["load balancer, only with a domain"] == pytest.approx(18.25)
    assert monthly["aws"]["queue polled"] == pytest.approx(4 * 5 * 3 * 60 * 24 * 30 * 0.40 / 1e6)


def test_an_operation_that_was_not_counted_is_named(listed: Prices) -> None:
    found = trips()
    del found["export of a month, job"]
    with pytest.raises(
        NotCounted, match="gcp has no counts of 'export of a month, job'; count again: `nox -s gcp -- bench req"
    ):
        costs.of({"gcp": found}, listed, Assumptions())


def test_the_command_prints_what_its_costs_rest_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "requests-aws.json"
    operations = {name: msgspec.to_builtins(trip) for name, trip in trips().items()}
    path.write_text(
        json.dumps({"machine": "a Xeon, today", "provider": "aws", "commits": 50, "operations": operations})
    )
    costs.main([str(path)])
    said = json.loads(capsys.readouterr().out)
    assert said["counted"] == {"aws": "a Xeon, today; 50 commits"}
    assert said["assumptions"]["request_ms"] == {
        "value": 20,
        "says": "ms of a request to the store, the same on each cloud; not measured",
    }
    assert "cold starts" in said["assumptions"]["left_out"]
    assert said["prices"]["sha256"] == prices.load().sha256
    assert "aws: compute" in said["prices"]["to_confirm"]
    assert set(said["million"]) == set(MILLION)
    assert set(said["customer_year"]["aws"]) == {"total", "with_free_tier", "parts", "what"}


@pytest.mark.parametrize(
    ("provider", "resource"),
    [
        ("aws", "aws_cloudwatch_metric_alarm.this["),
        ("gcp", "google_monitoring_alert_policy.this["),
        ("azure", "azurerm_monitor_scheduled_query_rules_alert_v2.this["),
    ],
)
def test_as_many_alarms_are_priced_as_a_deployment_has(provider: str, resource: str) -> None:
    plan = (ROOT / "tests" / "infra" / "plans" / f"{provider}-least.yaml").read_text()
    made = sum(line.startswith(resource) for line in plan.splitlines())
    assert Assumptions().monthly.value[provider]["alarm"] == made
