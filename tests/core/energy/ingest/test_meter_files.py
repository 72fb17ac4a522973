"""Files as people have and make them: right, or told so that a person can act on it; never wrong in silence.

`meter_files/expected.json` has for each its shape, where such files come from, and the readings that are right.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.energy.ingest.handler import ingest
from core.energy.readings import query, sources
from core.energy.readings.decimals import plain
from core.energy.readings.zones import named
from core.kernel.documents import Documents
from core.kernel.store import Store
from tests.core.energy.ingest.test_handler import drop
from tests.core.energy.readings.asking import totals

FOLDER = Path(__file__).parent / "meter_files"
EXPECTED: list[dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text())
CREATED = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
REFUSED = {
    "A15-nem13.csv": "NEM13",
    "A24-history.csv": "what a sensor showed, mostly a register",
    "A36-login-page.csv": "web page, perhaps a login page",
    "B03-hourly.csv": "has a reading every hour",
    "B05-daily.csv": "has a reading every day",
    "B24-end-stamps.csv": "Say the stamp in the account's sources",
    "B25-naive.csv": "say the zone in the account's sources",
    "C14-dup-columns.csv": "the column kwh 2 times",
    "C36-book.xlsx": "save the sheet as CSV",
}
"""Files of which nothing lands, and what the sentence says."""
REJECTED = {
    "B17-wide-autumn-48.csv": (1, "has 50 half hours"),
    "B26-ddmmyyyy.csv": (48, "a start is an ISO 8601 time with zone"),
    "B27-excel-serial.csv": (48, "Excel stored this date as a number"),
    "B30-excel-mpan.csv": (48, "Excel has cut this number's digits"),
    "B35-mpan-typo.csv": (48, "check digit"),
    "B36-meter-serial.csv": (48, "this is no MPAN"),
    "B37-gas-mprn.csv": (48, "gas meter"),
    "C27-fullwidth.csv": (3, "this is no MPAN"),
    "C31-future-past.csv": (3, "later than the file"),
}
"""Files of which every row is rejected: how many, and the first reason."""
SAID = {
    "B01-quarter-hours.csv": {"assumed": "readings of 15 minutes"},
    "B10-quality.csv": {"landed": 48, "conflicts": 48},
    "B13-wide-bglobal-50.csv": {"assumed": "2 zeros behind"},
    "B15-wide-spring-48.csv": {"assumed": "by what clocks show"},
    "B19-wide-one-missing.csv": {"gaps": 1, "landed": 47},
    "B23-no-version.csv": {"assumed": "version 1"},
    "B41-floats.csv": {"assumed": "48 values had more digits, as a binary float"},
    "B45-missing.csv": {"gaps": 6, "landed": 42},
    "B49-dup.csv": {"conflicts": 2, "landed": 48},
    "B51-total-row.csv": {"rejected": 2, "blank": 1},
    "B52-title-lines.csv": {"assumed": "is a title"},
    "B53-concatenated.csv": {"rejected": 1},
    "B56-generic-names.csv": {"assumed": "the times are starts"},
    "C10-blank-end.csv": {"blank": 4},
    "C13-comments-inside.csv": {"rejected": 1},
    "C23-truncated-last-line.csv": {"rejected": 1, "landed": 47},
    "C24-iso-odd.csv": {"rejected": 6, "landed": 42},
    "C07-utf16.csv": {"assumed": "UTF-16"},
    "A21-datadis.csv": {"landed": 24},
    "A30-edf-highlands.csv": {"assumed": "UTF-16"},
    "A27-stark-portal.csv": {"assumed": "dates such as 15/07/26 have the day first"},
}
"""What the report says besides, of files that land."""
UNSAID = {
    "A08-consumption.csv": ("whose readings these are", {"point": "1012345678903"}),
    "A09-octopus-api.json": ("whose readings these are", {"point": "1012345678903"}),
    "A17-greenbutton.xml": (
        "whose readings these are",
        {"point": "Home", "kind": "free", "zone": "America/Los_Angeles"},
    ),
    "A18-pge.csv": ("times have no zone", {"point": "Home", "kind": "free", "zone": "America/Los_Angeles"}),
    "A23-energy.csv": ("names of their own need the account's sources", {"kind": "free", "zone": "Europe/London"}),
    "A25-lv-feeder.csv": ("names of their own need the account's sources", {"kind": "free", "zone": "Europe/London"}),
}
"""Files that can't say everything: why nothing of them lands, and what the account's sources say then."""
OTHER_READINGS = {
    # The list goes on from 03:00 with the values of half an hour before; the file itself has 0.108 there.
    "A08-consumption.csv": lambda given: [
        one if number < 7 else [*one[:2], f"0.{108 + number - 7}".rstrip("0")] for number, one in enumerate(given)
    ],
    # Quarter hours of 100 to 195 Wh from midnight in California, and of 0.05 kWh.
    "A17-greenbutton.xml": lambda _: half_hours(
        "Home", "2026-01-01T08:00:00Z", [0.2 + n * 0.004 + 0.001 for n in range(48)]
    ),
    "A18-pge.csv": lambda _: half_hours("Home", "2026-01-15T08:00:00Z", [0.1] * 48),
    # Mean watts of half hours, and hours of 0.25 kWh by their ends.
    "A20-Enedis_Conso_Heure.csv": lambda _: half_hours(
        "30001234567890", "2026-01-14T23:00:00Z", [0.1 + n * 0.001 for n in range(48)]
    ),
    "A21-datadis.csv": lambda _: [
        ["ES0021000000000001AA", start, "0.25"] for _, start, _ in half_hours("", "2026-01-14T23:00:00Z", [0] * 48)[::2]
    ],
    "A23-energy.csv": lambda _: half_hours(
        "sensor.grid_import", "2026-07-14T23:00:00Z", [0.1, 0.2, 0.3, 0.1, 0.2, 0.1]
    ),
    "A25-lv-feeder.csv": lambda _: half_hours(
        "000200200402-15", "2026-07-14T23:00:00Z", [0.1 + n * 0.001 for n in range(48)]
    ),
    # The half hour without a value is a gap, and no reading.
    "B19-wide-one-missing.csv": lambda given: [one for one in given if one[1] != "2026-07-15T09:00:00Z"],
    # Of two values the later line's is kept.
    "B49-dup.csv": lambda given: [[*one[:2], "5" if number < 2 else one[2]] for number, one in enumerate(given)],
    # A comma in a time that is not quoted divides it: these rows are rejected, each by itself.
    "C24-iso-odd.csv": lambda given: [one for number, one in enumerate(given) if number % 8 != 7],
    "B40-mprn.csv": lambda _: None,
}


def half_hours(point: str, first: str, values: list[float]) -> list[list[str]]:
    """Half hours from one on, as `held` shows them."""
    begin = datetime.fromisoformat(first)
    shown = [plain(Decimal(f"{value:.3f}")) for value in values]
    return [
        [point, f"{begin + timedelta(minutes=30 * number):%Y-%m-%dT%H:%M:%SZ}", value]
        for number, value in enumerate(shown)
    ]


@pytest.mark.parametrize("entry", EXPECTED, ids=lambda entry: entry["file"])
def test_a_file_lands_as_it_should_or_says_what_to_do(store: Store, entry: dict[str, Any]) -> None:
    name = entry["file"]
    content = (FOLDER / name).read_bytes()
    if name in UNSAID:
        reason, said = UNSAID[name]
        report = ingest(store, drop(store, name, content, created=CREATED))
        assert report is not None
        assert (report["status"], report["landed"]) == ("refused", 0)
        assert reason in report["reason"]
        Documents(store).put(sources.document("A"), {"sources": [{"files": "*", **said}]})
        name = f"again-{name}"
    report = ingest(store, drop(store, name, content, created=CREATED))
    name = entry["file"]
    assert report is not None
    assert report["rows"] == report["accepted"] + report["rejected"] + report["blank"]
    landed = report["landed"] + report["duplicates"] + report["conflicts"] - report["replaced"]
    assert report["readings"] == landed
    found = held(store, report)
    if name in REFUSED:
        assert (report["status"], found) == ("refused", [])
        assert REFUSED[name] in report["reason"]
        return
    if name in REJECTED:
        count, reason = REJECTED[name]
        assert (report["status"], report["rejected"], found) == ("refused", count, [])
        assert reason in report["reason"]
        assert report["rejects_key"]
        return
    assert report["status"] == "accepted"
    right = [[point, start, plain(Decimal(value))] for point, start, value in entry["readings"]]
    wanted = OTHER_READINGS.get(name, lambda given: given)(right)
    assert found == wanted if wanted is not None else len(found) == 48
    for field, value in SAID.get(name, {}).items():
        assert value == report[field] if isinstance(value, int) else any(value in said for said in report[field])


def held(store: Store, report: dict[str, Any]) -> list[list[str]]:
    """Half hours of active import of the file's points, as text; hours, where it has them."""
    found = []
    resolution = "hour" if report["layout"] == "datadis" else "30m"
    for point in sorted({series["point"] for series in report["series"]}):
        sums = totals(store, "A", query.Series(point), resolution=resolution)
        found += [[point, f"{total.start:%Y-%m-%dT%H:%M:%SZ}", plain(total.value)] for total in sums]
    return found


def test_a_day_of_an_australian_meter_is_its_own_and_not_london_s(store: Store) -> None:
    """The file's 48 half hours of 1 kWh are one day, which London's clock would cut in two."""
    ingest(store, drop(store, "nmi.csv", (FOLDER / "B60-nmi-aest.csv").read_bytes(), created=CREATED))
    series = query.Series("NMI0001234", zone=named("+10:00"))
    (day,) = totals(store, "A", series, resolution="day")
    assert (day.start.isoformat(), day.value, day.minutes) == ("2026-01-15", 48, 1440)
