"""What an account's sources say, and what becomes of its files with and without it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from core.kernel.auth import access
from core.kernel.documents import Documents
from tests.contract.system import System
from tests.contract.test_http import assert_problem

MPAN = "1012345678903"


def path(account: str) -> str:
    return f"/api/accounts/{account}/sources"


def say(system: System, account: str, *sources: dict[str, Any], tag: str = "*") -> httpx.Response:
    """As somebody who may change this account's settings."""
    access.grant(Documents(system.harness.store), "luciano", "changeSettings", account)
    return system.send("PUT", path(account), "luciano", json={"sources": list(sources)}, headers={"If-Match": tag})


@pytest.fixture
def known(system: System, account: str) -> str:
    """An account that is there, with no sources yet."""
    system.ingest(account, "none.csv", "point,start,version,kwh\n")
    return account


def test_sources_are_empty_until_they_are_written_over_the_tag_that_was_read(system: System, known: str) -> None:
    reply = system.get(path(known), "rita")
    assert reply.json() == {"sources": []}
    entry = {"files": "consumption*", "point": MPAN, "stamp": "end"}
    written = say(system, known, entry, tag=reply.headers["ETag"])
    assert written.json() == {"sources": [entry]}
    assert system.get(path(known), "rita").json() == {"sources": [entry]}
    assert_problem(say(system, known, tag=reply.headers["ETag"]), 412)
    assert_problem(system.send("PUT", path(known), "luciano", json={"sources": [entry]}), 428)


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"files": "*", "zone": "Europe/Nowhere"},
        {"files": "*", "minutes": 20},
        {"files": "*", "colour": "red"},
        {"files": "*", "point": "1012345678904"},
        {"files": "*", "point": "Roof 7"},
        {"files": "*", "point": "-", "kind": "free"},
        {"files": "*", "point": MPAN, "kind": "free", "zone": "Europe/Berlin"},
    ],
    ids=[
        "no pattern",
        "no zone",
        "no length",
        "an unknown field",
        "a wrong check digit",
        "a name, not said to be free",
        "no name",
        "a free name that looks like an MPAN",
    ],
)
def test_sources_that_make_no_sense_are_422(system: System, known: str, entry: dict[str, Any]) -> None:
    assert_problem(say(system, known, entry), 422)


def test_a_file_that_says_no_point_and_no_zone_lands_with_what_the_sources_say(system: System, known: str) -> None:
    rows = "".join(f"15/07/2026,2026-07-15 {n // 2:02}:{n % 2 * 30:02},0.{n + 100}\n" for n in range(48))
    content = "printed,start,consumption (kwh)\n" + rows
    refused = system.ingest(known, "meter.csv", content)
    assert refused["status"] == "refused"
    assert "say the point in the account's sources" in refused["reason"]
    assert say(system, known, {"files": "METER*.csv", "point": MPAN, "zone": "Europe/London"}).status_code == 200
    report = system.ingest(known, "meter-again.csv", content)
    assert (report["status"], report["landed"]) == ("accepted", 48)
    assert any(f"point {MPAN}" in told and "METER*.csv" in told for told in report["assumed"])
    found = system.readings(known, point=MPAN)
    assert (found["start"][0], found["value"][0]) == ("2026-07-14T23:00:00Z", 0.1)


def test_a_point_with_a_name_of_its_own_has_the_days_that_the_sources_say(system: System, known: str) -> None:
    content = "point,start,version,kwh\nRoof 7,2026-07-15T03:30:00Z,1,1.5\nRoof 7,2026-07-15T04:00:00Z,1,2\n"
    refused = system.ingest(known, "roof.csv", content)
    assert (refused["status"], refused["rejected"]) == ("refused", 2)
    assert "need the account's sources" in refused["reason"]
    assert say(system, known, {"files": "roof*", "kind": "free", "zone": "America/New_York"}).status_code == 200
    assert system.ingest(known, "roof-again.csv", content)["landed"] == 2
    (point,) = system.get(f"/api/accounts/{known}/points", "rita").json()["points"]
    assert (point["point"], point["kind"], point["zone"]) == ("Roof 7", "free", "America/New_York")
    found = system.readings(known, point="Roof 7", resolution="day")
    assert (found["start"], found["value"]) == (["2026-07-14", "2026-07-15"], [1.5, 2])


def test_free_points_are_not_settled_by_two_zones(system: System, known: str) -> None:
    entry = {"files": "a*", "kind": "free", "zone": "America/New_York"}
    problem = assert_problem(say(system, known, entry, {**entry, "files": "b*", "zone": "America/Chicago"}), 422)
    (error,) = problem["errors"]  # type: ignore[misc]
    assert "can't be settled by both America/New_York and America/Chicago" in error["detail"]
    other = {"files": "b*", "kind": "free", "point": "Roof 8", "zone": "America/Chicago"}
    assert_problem(say(system, known, entry, other), 422)
    assert say(system, known, {**entry, "point": "Roof 7"}, other).status_code == 200


def test_hours_are_refused_until_the_sources_say_so_and_are_never_divided(system: System, known: str) -> None:
    rows = "".join(f"{MPAN},2026-07-15T{hour:02}:00:00Z,1,0.5\n" for hour in range(24))
    refused = system.ingest(known, "hours.csv", "point,start,version,kwh\n" + rows)
    assert "has a reading every hour" in refused["reason"]
    say(system, known, {"files": "hours*", "minutes": 60})
    assert system.ingest(known, "hours-2.csv", "point,start,version,kwh\n" + rows)["landed"] == 24
    problem = assert_problem(system.get(f"/api/accounts/{known}/readings", "rita", point=MPAN), 422)
    assert problem["errors"][0]["field"] == "resolution"  # type: ignore[index]
    found = system.readings(known, point=MPAN, resolution="day")
    assert (found["start"], found["value"], found["missing"]) == (["2026-07-15", "2026-07-16"], [11.5, 0.5], [60, 1380])


def test_an_interval_that_overlaps_one_of_another_length_is_refused_naming_both(system: System, known: str) -> None:
    header = "point,start,minutes,version,kwh\n"
    assert system.ingest(known, "half.csv", f"{header}{MPAN},2026-07-15T10:00:00Z,30,1,0.5\n")["landed"] == 1
    report = system.ingest(known, "quarter.csv", f"{header}{MPAN},2026-07-15T10:15:00Z,15,2,0.25\n")
    assert report["status"] == "refused"
    assert (
        "the 15 minutes from 2026-07-15T10:15:00Z overlap the 30 minutes from 2026-07-15T10:00:00Z" in report["reason"]
    )


def test_channels_are_apart_and_an_estimate_never_replaces_an_actual(system: System, known: str) -> None:
    header = "point,start,version,channel,quality,unit,kwh\n"
    first = (
        f"{MPAN},2026-07-15T10:00:00Z,1,import,A,kWh,0.5\n"
        f"{MPAN},2026-07-15T10:00:00Z,1,export,A,kWh,0.25\n"
        f"{MPAN},2026-07-15T10:00:00Z,1,RI,E,kVArh,0.125\n"
    )
    assert system.ingest(known, "first.csv", header + first)["landed"] == 3
    report = system.ingest(known, "later.csv", f"{header}{MPAN},2026-07-15T10:00:00Z,1,import,E,kWh,9\n")
    assert (report["landed"], report["conflicts"], report["replaced"]) == (0, 1, 0)
    (conflict,) = report["first_conflicts"]
    assert (conflict["won"], conflict["lost"]) == ("0.5 (actual)", "9 (estimated)")
    for channel, value, unit in (("import", 0.5, "kWh"), ("export", 0.25, "kWh"), ("reactive-import", 0.125, "kVArh")):
        found = system.readings(known, point=MPAN, channel=channel, resolution="native")
        assert (found["value"], found["unit"], found["minutes"]) == ([value], unit, [30])
    (point,) = system.get(f"/api/accounts/{known}/points", "rita").json()["points"]
    assert point["channels"] == ["export", "import", "reactive-import"]
