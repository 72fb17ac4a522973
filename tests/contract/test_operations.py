"""What an operator asks of the store with `trefoil status` and `trefoil trace`, on every provider."""

from __future__ import annotations

import json
import re
from datetime import datetime

from core import VERSION
from core.kernel import telemetry
from tests.contract.system import Harness, System
from tools.waiting import eventually

FILE = "point,start,version,kwh\n1012345678903,2026-07-01T00:00Z,1,1\nbad\n"


def lines(system: System) -> dict[str, str]:
    """What the status says, by what it is about."""
    return dict(re.split(r"  +", line, maxsplit=1) for line in system.operate("status").splitlines())


def test_the_status_says_version_store_users_and_the_newest_file(
    system: System, harness: Harness, account: str
) -> None:
    report = system.ingest(account, "newest.csv", FILE)
    said = lines(system)
    assert said["version"].startswith(f"{VERSION}, ")
    assert said["version"].endswith(harness.store.url)
    assert int(said["users"]) >= 7
    assert int(said["accounts"].split(",")[0]) >= 2
    created, whose, file = said["ingestion"].split(", ", 2)
    assert datetime.fromisoformat(created) >= datetime.fromisoformat(report["created"])
    if created != report["created"]:  # that of another case, which some stores' clocks put into the same second
        assert whose != account
    elif whose == account:
        assert file == "newest.csv: accepted, 2 rows, 1 of them rejected"


def test_the_status_counts_dead_letters_and_says_why_the_newest_is_there(system: System, harness: Harness) -> None:
    before = int(lines(system)["dead letters"].split(";")[0])
    harness.send("jobs", b'{"job": "nothing of the status"}')
    said = eventually(
        "a dead letter", lambda: found if int((found := lines(system)["dead letters"]).split(";")[0]) > before else ""
    )
    assert re.search(r"; the newest of \w+, 20\d\d-", said)


def test_the_status_says_for_what_time_a_schedule_was_done_last(system: System, harness: Harness) -> None:
    harness.fire("maintain")
    said = eventually(
        "the schedule's line", lambda: found if (found := lines(system)["schedule maintain"]).startswith("done") else ""
    )
    assert re.fullmatch(r"done for 20\d\d-\d\d-\d\dT02:00:00Z", said)


def test_a_queue_s_messages_are_counted_or_it_says_who_knows(system: System, harness: Harness) -> None:
    known = harness.store.folder is not None
    assert ("waiting" in lines(system)["queue jobs"]) == known


def test_an_id_is_followed_to_its_documents(system: System, account: str) -> None:
    report = system.ingest(account, "followed.csv", FILE)
    said = system.operate("trace", report["id"])
    path, _, rest = said.partition("\n")
    assert path.startswith(f"ingestions/{account}/")
    assert json.loads(rest.rpartition("\ntrace ")[0])["key"] == report["key"]
    assert rest.splitlines()[-1] == f"trace {telemetry.known(report['key']).split('-')[1]}"
    export = system.export(account, format="csv", **{"from": "2026-07-01", "to": "2026-07-02"})
    assert system.operate("trace", export["id"]).startswith(f"exports/{account}/{export['id']}.json\n")


def test_an_id_that_nothing_has_is_said(system: System) -> None:
    assert "nothing in " in system.operate("trace", "20260101T000000-no-such-id", fails=True)
