"""Drives a running demo end to end, as its users would, and says what it did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from core.energy.readings.periods import day_of
from demo import files, house, settlement
from demo.client import Client, Failed, expect
from demo.files import ACCOUNT, POINTS
from demo.weather import WeatherStandIn
from tools.waiting import eventually

PODGE = ("podge", "podge-sells-power")
LUCIANO = ("luciano", "luciano-deletes-all")
DAY = date(2000, 7, 14)
YORK = "53.96"
FORECAST_SITES = f"london:51.5072:-0.1276,leeds:53.8:-1.55,york:{YORK}:-1.08"
UPLOAD = b"""point,start,version,kwh,remark
1012345678903,2000-09-01T00:00:00Z,1,0.125,good
1012345678903,2000-09-01T00:30:00Z,1,0.250,"good, and quoted"
10123,2000-09-01T01:00:00Z,1,0.1,bad point
1012345678903,2000-09-01T01:10:00Z,1,0.1,off the half hour
1012345678903,2000-09-01T01:30:00,1,0.1,no zone
1012345678903,2000-09-01T02:00:00Z,25,0.1,bad version
1012345678903,2000-09-01T02:30:00Z,1,plenty,not a number
1012345678903,2000-09-01T03:00:00Z,1
"""


def run(base_url: str, say: Callable[[str], None]) -> None:
    """Check everything; raises `Failed` at the first thing that is not as it should be."""
    podge, luciano, nobody = Client(base_url), Client(base_url), Client(base_url)
    expect("health", nobody.send("GET", "/api/health").status, 200)
    expect("the site", nobody.send("GET", "/").status, 200)
    expect("the site's error page", nobody.send("GET", "/no-such-page.html").status, 404)
    say("the site and the API answer")

    expect("a wrong password", nobody.login("podge", "wrong").status, 401)
    expect("me without a token", nobody.send("GET", "/api/me").status, 401)
    expect("podge's login", podge.login(*PODGE).status, 200)
    expect("luciano's login", luciano.login(*LUCIANO).status, 200)
    me = podge.send("GET", "/api/me").json()
    say(f"podge logged in and may {', '.join(g['action'] + ' ' + g['resource'] for g in me['grants'])}")
    seen = podge.send("GET", "/api/accounts").json()["accounts"]
    wanted = [(ACCOUNT, "ready"), (house.ACCOUNT, "ready")]
    expect("podge's accounts", [(one["account"], one["status"]) for one in seen], wanted)
    theirs = luciano.send("GET", "/api/accounts").json()["accounts"]
    expect("luciano's actions", [one["actions"] for one in theirs], [["delete"], ["delete"]])
    names = " and ".join(f"{one['account']}, {one['name']}" for one in seen)
    say(f"podge sees {names}; luciano sees that they may delete them")

    _trades(podge, luciano, say)
    _upload(podge, say)
    _readings(podge, say)
    _export(podge, say)
    settlement.check(podge, say)
    _forecast(podge, say)


def _trades(podge: Client, luciano: Client, say: Callable[[str], None]) -> None:
    order = {"product": "green-fixed", "kwh": "100"}
    path, key = f"/api/accounts/{ACCOUNT}/trades", {"Idempotency-Key": "demo-check"}
    expect("luciano's trade", luciano.send("POST", path, order, headers=key).status, 403)
    first = podge.send("POST", path, order, headers=key)
    expect("podge's trade", first.status, 201)
    expect("the same trade again", podge.send("POST", path, order, headers=key).body, first.body)
    say(f"luciano's trade was refused, podge's accepted: {first.json()['kwh']} kWh for {first.json()['price']} GBP")
    large = podge.send("POST", path, {**order, "kwh": "999999999"}, headers={"Idempotency-Key": "demo-check-large"})
    expect("a trade above the account's limit", large.status, 422)
    say(f"one above the limit was refused: {large.json()['detail']}")


def _upload(podge: Client, say: Callable[[str], None]) -> None:
    name = f"check-{time.time_ns()}.csv"
    wanted = {"name": name, "bytes": len(UPLOAD)}
    reply = podge.send("POST", f"/api/accounts/{ACCOUNT}/uploads", wanted)
    expect("the upload's URL", reply.status, 200)
    signed = reply.json()
    begun = time.monotonic()
    expect("the upload", podge.send(signed["method"], signed["url"], UPLOAD, headers=signed["headers"]).status, 201)
    report = await_report(podge, signed["key"])
    took = time.monotonic() - begun
    found = (report["rows"], report["accepted"], report["rejected"], report["ignored_columns"])
    expect("the report's counts", found, (8, 2, 6, ["remark"]))
    say(f"{name} was ingested {took:.1f} s after its upload: {report['accepted']} rows accepted, rejected were")
    for reject in report["first_rejects"]:
        say(f"    line {reject['line']}, {reject['column'] or 'row'}: {reject['reason']}")


def _readings(podge: Client, say: Callable[[str], None]) -> None:
    point = POINTS[0]
    expected = {version: files.day_total(point, version, DAY) for version in (1, 2, 3)}
    for version, total in ((1, expected[1]), (2, expected[2]), ("latest", expected[3])):
        query = {
            "point": point.point,
            "from": DAY.isoformat(),
            "to": "2000-07-15",
            "version": version,
            "resolution": "day",
        }
        answer = podge.send("GET", f"/api/accounts/{ACCOUNT}/readings?{urlencode(query)}").json()
        expect(f"the day total at version {version}", answer["value"], [total])
        say(f"{point.point} used {answer['value'][0]} kWh on {DAY} at version {version}, as the input says")
    rows = podge.send("GET", f"/api/accounts/{ACCOUNT}/points").json()["points"]
    say(f"{ACCOUNT} has {len(rows)} points with {sum(row['rows'] for row in rows)} readings")


def _export(podge: Client, say: Callable[[str], None]) -> None:
    path = f"/api/accounts/{ACCOUNT}/exports"
    reply = podge.send("POST", path, {"format": "csv", "from": "2000-07-01", "to": "2000-08-01"})
    expect("the export", reply.status, 202)
    where = reply.headers["location"]
    export = eventually("the export", lambda: _only_if(podge.send("GET", where).json(), status="done"))
    signed = export["download"]
    rows = podge.send(signed["method"], signed["url"], headers=signed["headers"]).body.decode().splitlines()[1:]
    # July in three versions; the third holds only the first point, and two hours of the last were never read.
    expect("the export's rows", len(rows), 31 * 48 * (2 * len(POINTS) + 1) - 2 * len(files.GAP))
    newest = [row.split(",") for row in rows if row.split(",")[4] == "3"]
    found = sum(
        (Decimal(row[5]) for row in newest if day_of(files.LONDON, datetime.fromisoformat(row[2])) == DAY), Decimal(0)
    )
    expect(f"the exported kWh of {DAY}", found, files.day_total(POINTS[0], 3, DAY))
    say(f"July was exported and downloaded: {export['rows']} rows, {export['bytes']} bytes of CSV, as the input says")


def yesterday(podge: Client, today: date, say: Callable[[str], None]) -> None:
    """The house's overview has yesterday as the input has it, and something to compare with."""
    found = podge.send("GET", f"/api/accounts/{house.ACCOUNT}/overview?today={today}").json()
    taken = sum((one.taken for one in house.halves(today - timedelta(days=1), today)), Decimal())
    day = found["day"]
    expect("yesterday", (day["is_yesterday"], Decimal(day["import_kwh"]), day["missing"]), (True, taken, 0))
    compared = ("day_week_before", "week_before", "month_before", "month_year_before")
    expect("what is beside it", [name for name in compared if found[name] is None], [])
    expect("what is missing", found["quality"]["missing"], (24 + 5) * 60)
    expect("its price", [name for name in ("day", "week", "month_before") if found[name]["cost"] is None], [])
    say(f"{found['name']} took {day['import_kwh']} kWh yesterday, as the input says, and gave {day['export_kwh']}")


def _forecast(podge: Client, say: Callable[[str], None]) -> None:
    reply = eventually(
        "london's forecast", lambda: _only_if(podge.send("GET", "/api/forecasts/london").json(), site="london")
    )
    hours = reply["hourly"]
    warmest = max(zip(hours["temperature_2m"], hours["time"], strict=True))
    say(f"the forecast due on {reply['date']} has {len(hours['time'])} hours for london, at most {warmest[0]} °C")


@dataclass(frozen=True)
class Operator:
    """Somebody with the command `trefoil` and a way to the store."""

    folder: Path
    environment: Mapping[str, str]

    def dead_letters(self, *arguments: str) -> str:
        """What `trefoil dead-letters` prints. Raises `Failed` with what it said when it fails."""
        command = [sys.executable, "-m", "adapters.local", "--folder", str(self.folder), "dead-letters", *arguments]
        # Not the caller's own store: nothing of TREFOIL_ is taken over.
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TREFOIL_")}
        environment = {**kept, **self.environment, "TREFOIL_LOG_LEVEL": "ERROR"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603
        if done.returncode:
            raise Failed(f"trefoil dead-letters {' '.join(arguments)}: {done.stderr}")
        return done.stdout


def dead_letter(base_url: str, operator: Operator, weather: WeatherStandIn, say: Callable[[str], None]) -> None:
    """The source is down for york, so the job fails for good: its letter is found, and replayed when york is back."""
    podge = Client(base_url)
    podge.login(*PODGE)
    expect("york's forecast", podge.send("GET", "/api/forecasts/york").status, 404)
    say("the weather source is down for york; the job is tried five times, with growing delay ...")
    letter = eventually("dead letter", lambda: operator.dead_letters("list"))
    name = letter.split()[0]
    shown = json.loads(operator.dead_letters("show", name))
    say(f"trefoil dead-letters list: {letter.strip()}")
    say(f"    {shown['error']}")
    weather.down.discard(YORK)
    operator.dead_letters("replay", name)
    expect("the dead letters after the replay", operator.dead_letters("list"), "")
    expect("york's forecast after the replay", podge.send("GET", "/api/forecasts/york").json()["site"], "york")
    say(f"york is back, and trefoil dead-letters replay {name} fetched its forecast")


def _only_if(answer: Any, **fields: object) -> Any:
    return answer if fields.items() <= answer.items() else None


def await_report(client: Client, key: str) -> Any:
    """The report of the newest ingestion of `key`, waiting for it."""
    where = f"/api/accounts/{key.split('/')[1]}/ingestions"

    def found() -> Any:
        return next((one for one in client.send("GET", where).json().get("ingestions", []) if one["key"] == key), None)

    return eventually(f"the report of {key}", found)
