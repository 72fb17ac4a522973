"""Drives a running demo end to end, as its users would, and says what it did."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from demo import files
from demo.client import Client
from demo.files import ACCOUNT, POINTS

PODGE = ("podge", "podge-sells-power")
LUCIANO = ("luciano", "luciano-deletes-all")
DAY = date(2000, 7, 14)
UPLOAD = b"""point,start,version,kwh,remark
1012345678901,2000-09-01T00:00:00Z,1,0.125,good
1012345678901,2000-09-01T00:30:00Z,1,0.250,"good, and quoted"
10123,2000-09-01T01:00:00Z,1,0.1,bad point
1012345678901,2000-09-01T01:10:00Z,1,0.1,off the half hour
1012345678901,2000-09-01T01:30:00,1,0.1,no zone
1012345678901,2000-09-01T02:00:00Z,25,0.1,bad version
1012345678901,2000-09-01T02:30:00Z,1,plenty,not a number
1012345678901,2000-09-01T03:00:00Z,1
"""


class Failed(Exception):
    """The system did something else than it should."""


def run(base_url: str, say: Callable[[str], None]) -> None:
    """Check everything; raises `Failed` at the first thing that is not as it should be."""
    podge, luciano, nobody = Client(base_url), Client(base_url), Client(base_url)
    _expect("health", nobody.send("GET", "/api/health").status, 200)
    _expect("the site", nobody.send("GET", "/").status, 200)
    _expect("the site's error page", nobody.send("GET", "/no-such-page").status, 404)
    say("the site and the API answer")

    _expect("a wrong password", nobody.login("podge", "wrong").status, 401)
    _expect("me without a token", nobody.send("GET", "/api/me").status, 401)
    _expect("podge's login", podge.login(*PODGE).status, 200)
    _expect("luciano's login", luciano.login(*LUCIANO).status, 200)
    me = podge.send("GET", "/api/me").json()
    say(f"podge logged in and may {', '.join(g['action'] + ' ' + g['resource'] for g in me['grants'])}")

    _trades(podge, luciano, say)
    _upload(podge, say)
    _readings(podge, say)


def _trades(podge: Client, luciano: Client, say: Callable[[str], None]) -> None:
    order = {"product": "green-fixed", "kwh": "100"}
    path, key = f"/api/accounts/{ACCOUNT}/trades", {"Idempotency-Key": "demo-check"}
    _expect("luciano's trade", luciano.send("POST", path, order, headers=key).status, 403)
    first = podge.send("POST", path, order, headers=key)
    _expect("podge's trade", first.status, 201)
    _expect("the same trade again", podge.send("POST", path, order, headers=key).body, first.body)
    say(f"luciano's trade was refused, podge's accepted: {first.json()['kwh']} kWh for {first.json()['price']} GBP")


def _upload(podge: Client, say: Callable[[str], None]) -> None:
    name = f"check-{time.time_ns()}.csv"
    wanted = {"name": name, "bytes": len(UPLOAD)}
    reply = podge.send("POST", f"/api/accounts/{ACCOUNT}/uploads", wanted)
    _expect("the upload's URL", reply.status, 200)
    signed = reply.json()
    begun = time.monotonic()
    _expect("the upload", podge.send(signed["method"], signed["url"], UPLOAD, headers=signed["headers"]).status, 201)
    report = await_report(podge, signed["key"])
    took = time.monotonic() - begun
    found = (report["rows"], report["accepted"], report["rejected"], report["ignored_columns"])
    _expect("the report's counts", found, (8, 2, 6, ["remark"]))
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
        _expect(f"the day total at version {version}", answer["kwh"], [total])
        say(f"{point.point} used {answer['kwh'][0]} kWh on {DAY} at version {version}, as the input says")
    rows = podge.send("GET", f"/api/accounts/{ACCOUNT}/points").json()["points"]
    say(f"{ACCOUNT} has {len(rows)} points with {sum(row['rows'] for row in rows)} readings")


def await_report(client: Client, key: str, *, seconds: float = 20) -> Any:
    """The report of the newest ingestion of `key`, waiting for it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        reply = client.send("GET", f"/api/accounts/{ACCOUNT}/ingestions")
        for report in reply.json().get("ingestions", []):
            if report["key"] == key:
                return report
        time.sleep(0.1)
    raise Failed(f"{key} was not ingested within {seconds} s")


def _expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise Failed(f"{what}: expected {wanted!r}, found {found!r}")
