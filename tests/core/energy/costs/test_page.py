"""Pages of costs join to the whole, and a cursor is good for its own question only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.energy.costs import page
from core.kernel.api import cursor
from core.kernel.errors import TrefoilError
from core.kernel.services import Services
from tests.conftest import StoppedClock
from tests.core.energy.costs.asking import GREEN, Row, account_with, costs
from tests.core.energy.readings.asking import rows_that_come

POINTS = ("1012345678903", "1023456789017", "NMI0001234")
FIRST = datetime(2026, 3, 27, tzinfo=UTC)
HALF = timedelta(minutes=30)
COLUMNS = ("start", "kwh", "export_kwh", "amount", "standing", "estimated_kwh", "missing")


@pytest.fixture
def account(services: Services, clock: StoppedClock) -> str:
    """Three points with a few days each, around the night on which London's clocks change, two of them with a gap."""
    clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    rows = [
        Row(point, FIRST + timedelta(days=later) + number * HALF, Decimal(number) / 100)
        for later, point in enumerate(POINTS)
        for number in range(200)
        if later != 1 or not 50 < number < 160
    ]
    return account_with(services, rows, [("green", "2026-03-29")], (GREEN,))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 90), st.sampled_from(["hour", "day", "month"]), st.sampled_from(["*", *POINTS]))
def test_pages_join_to_the_whole(services: Services, account: str, limit: int, resolution: str, point: str) -> None:
    whole = costs(services, account, point, resolution=resolution)
    assert whole["next"] is None
    joined: dict[str, dict[str, list[Any]]] = {}
    following, pages = "", 0
    while True:
        found = costs(services, account, point, resolution=resolution, limit=limit, cursor=following)
        pages += 1
        assert {name: found[name] for name in ("currency", "products", "rounding")} == {
            name: whole[name] for name in ("currency", "products", "rounding")
        }
        for one in found["series"]:
            columns = joined.setdefault(one["point"], {name: [] for name in COLUMNS})
            for name in COLUMNS:
                columns[name] += one[name]
        if found["next"] is None:
            break
        assert sum(len(one["start"]) for one in found["series"]) == limit
        following = found["next"]
    assert joined == {one["point"]: {name: one[name] for name in COLUMNS} for one in whole["series"]}
    assert pages == -(-sum(len(one["start"]) for one in whole["series"]) // limit)


def test_no_reading_comes_to_python_and_no_period_that_is_not_shown(
    services: Services, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = rows_that_come(monkeypatch)
    costs(services, account, resolution="day", limit=3)
    assert came == [3, 3]  # which points there are, and days of the first
    came.clear()
    costs(services, account, resolution="day")
    assert len(came) == 1 + 2  # once for each zone


def test_a_page_has_so_many_points(services: Services, account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MOST_POINTS", 2)
    first = costs(services, account)
    assert [one["point"] for one in first["series"]] == list(POINTS[:2])
    second = costs(services, account, cursor=first["next"])
    assert ([one["point"] for one in second["series"]], second["next"]) == ([POINTS[2]], None)


def test_named_points_of_which_there_is_nothing_are_empty(services: Services, account: str) -> None:
    found = costs(services, account, "2000000000000", POINTS[0], "9999999999999")["series"]
    assert [(one["point"], bool(one["start"])) for one in found] == [
        (POINTS[0], True),
        ("2000000000000", False),
        ("9999999999999", False),
    ]
    assert {name: found[1][name] for name in (*COLUMNS, "unpriced")} == {name: [] for name in (*COLUMNS, "unpriced")}
    assert found[1]["zone"] == "Europe/London"


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"from": "January"}, "from"),
        ({"from": "2026-1-1"}, "from"),
        ({"from": "20260101"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"from": "2026-02-01", "to": "2026-02-01"}, "to"),
        ({"cursor": "rubbish"}, "cursor"),
    ],
)
def test_what_makes_no_sense_is_refused_naming_the_field(
    services: Services, account: str, wanted: dict[str, str], field: str
) -> None:
    with pytest.raises(TrefoilError) as refused:
        costs(services, account, **wanted)
    assert refused.value.fields[0][0] == field


def test_a_cursor_is_good_for_its_own_question_only(services: Services, account: str) -> None:
    following = costs(services, account, limit=1)["next"]
    for other in ({"resolution": "month"}, {"version": "1"}, {"from": "2026-01-01"}):
        with pytest.raises(TrefoilError, match="cursor"):
            costs(services, account, cursor=following, **other)
    for resolution, start in (
        ("day", "tomorrow"),
        ("hour", "2026-01-01"),
        ("hour", "2026-01-01T00:00:00"),
        ("hour", "0001-01-01T00:00:00+23:59"),
        ("month", "2026-01-02"),
    ):
        forged = cursor.make(("costs", account, "*", "", "", "latest", resolution), f"{POINTS[0]} {start}")
        with pytest.raises(TrefoilError, match="cursor"):
            costs(services, account, resolution=resolution, cursor=forged)


def test_an_absurd_range_is_simply_all_there_is(services: Services, account: str) -> None:
    assert costs(services, account, **{"from": "0001-01-01", "to": "9999-12-31"}) == costs(services, account)
    assert costs(services, account, **{"from": "1950-01-01", "to": "1950-01-02"})["series"][0]["start"] == []


def test_an_account_without_a_table_has_no_costs(services: Services) -> None:
    account = account_with(services, [], [("green", "2026-01-01")], (GREEN,))
    assert costs(services, account)["series"] == []
    assert costs(services, account, POINTS[0])["series"][0]["start"] == []
    assert costs(services, account)["products"] == [
        {"product": "green", "name": "Green", "from": "2026-01-01", "to": None}
    ]
