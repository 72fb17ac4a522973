"""What an account took on its days, compared with sums made in the plainest way."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.energy.alerts import sums
from core.energy.readings.periods import day_of
from core.energy.readings.points import zone_of
from core.energy.readings.zones import named
from core.kernel.services import Services
from tests.core.energy.alerts.given import HALF, OTHER, POINT, Row, account_with

NMI = "NMI1234567"
POINTS = (POINT, OTHER, NMI)
BEGIN = datetime(2026, 3, 24, tzinfo=UTC)
AT = datetime(2026, 4, 1, 7, tzinfo=UTC)
"""In the week before is London's spring day, of 46 half hours."""
ROWS = st.builds(
    lambda point, place, value, version, quality: Row(
        point, BEGIN + HALF * place, format(value, "f"), version, quality
    ),
    st.sampled_from(POINTS),
    st.integers(0, 48 * 9),
    st.decimals(0, 50, places=4),
    st.sampled_from([1, 2]),
    st.sampled_from(["actual", "estimated", "substituted"]),
)


def zone(point: str):  # type: ignore[no-untyped-def]
    return named(zone_of(point))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROWS, min_size=1, max_size=60, unique_by=lambda one: (one.point, one.start, one.version)))
def test_a_day_is_the_sum_of_its_points_latest_readings_each_by_its_own_clock(
    services: Services, rows: list[Row]
) -> None:
    account = account_with(services, rows)
    latest: dict[tuple[str, datetime], Row] = {}
    for row in sorted(rows, key=lambda one: one.version):
        latest[row.point, row.start] = row
    with sums.recent(services.store, account, AT, zone) as found:
        days = [found.of(date(2026, 3, 25) + timedelta(days=number)) for number in range(7)]
    for one in days:
        own = [row for row in latest.values() if day_of(zone(row.point), row.start) == one.day]
        assert one.kwh == sum((Decimal(row.kwh) for row in own), Decimal())
        assert one.estimated == sum((Decimal(row.kwh) for row in own if row.quality == "estimated"), Decimal())
        for point in one.points:
            begins = datetime.combine(one.day, datetime.min.time(), zone(point.point))
            ends = datetime.combine(one.day + timedelta(days=1), datetime.min.time(), zone(point.point))
            length = (ends.astimezone(UTC) - begins.astimezone(UTC)) // timedelta(minutes=1)
            assert point.missing == length - 30 * len([row for row in own if row.point == point.point])
        assert {row.point for row in own} <= {point.point for point in one.points}


def test_what_is_given_back_and_reactive_energy_are_not_taken(services: Services) -> None:
    rows = [
        Row(POINT, BEGIN + HALF * number, "1", channel=channel)
        for number in range(48)
        for channel in ("import", "export", "reactive-import")
    ]
    account = account_with(services, rows)
    with sums.recent(services.store, account, AT, zone) as found:
        (point,) = found.of(date(2026, 3, 24)).points
    assert (point.kwh, point.missing) == (48, 0)


def test_a_point_that_was_not_read_for_a_week_is_not_waited_for(services: Services) -> None:
    rows = [Row(POINT, BEGIN, "1"), *(Row(OTHER, BEGIN + HALF * number, "0.5") for number in range(48 * 9))]
    account = account_with(services, rows)
    with sums.recent(services.store, account, AT, zone) as found:
        assert [one.point for one in found.of(date(2026, 3, 30)).points] == [POINT, OTHER]
        assert [one.point for one in found.of(date(2026, 4, 1)).points] == [OTHER]


def test_an_account_without_a_table_has_days_without_points(services: Services) -> None:
    with sums.recent(services.store, account_with(services), AT, zone) as found:
        assert found.zones == {UTC}
        one = found.of(date(2026, 3, 31))
    assert (one.points, one.kwh, one.complete) == ([], 0, False)
