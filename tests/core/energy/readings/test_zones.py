"""Zones and their changes, against Python's own answer for each hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.energy.readings.points import KINDS
from core.energy.readings.zones import named, offset_of, offsets


@pytest.mark.parametrize("name", sorted({kind.zone for kind in KINDS} | {"UTC", "-03:30", "Australia/Lord_Howe"}))
@pytest.mark.parametrize("year", [1996, 2026, 2150])
def test_offsets_hold_from_their_instants_on(name: str, year: int) -> None:
    zone = named(name)
    begin, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    found = offsets(zone, begin, end)
    assert found[0][0] == begin
    moment = begin
    while moment < end:
        holding = [offset for since, offset in found if since <= moment][-1]
        assert holding == offset_of(zone, moment), moment
        moment += timedelta(minutes=30)


@pytest.mark.parametrize("name", ["London", "+10", "+24:00", "Europe/Nowhere", "", "../etc/passwd", "/etc/localtime"])
def test_what_is_no_zone_is_named_with_what_is(name: str) -> None:
    with pytest.raises(ValueError, match="is no zone; write Europe/London, UTC or \\+10:00"):
        named(name)
