"""The reports of an account's ingestions, and where they lie: a document each, the newest first.

ingestions/{account}/{stamp}-{digest}.json    the digits of `stamp` are those of the time of creation, taken from nine

So a store, which lists from the front, gives the newest page at once, however many there are.
"""

from __future__ import annotations

from typing import Any

from core.kernel.clock import newest_first


def folder(account: str) -> str:
    return f"ingestions/{account}"


def path(account: str, ingestion: str) -> str:
    """Of a report, by its ingestion's id, which begins with the time of creation."""
    stamp, dash, digest = ingestion.partition("-")
    return f"{folder(account)}/{newest_first(stamp)}{dash}{digest}.json"


ACCEPTED = "accepted"
REFUSED = "refused"
EMPTY: dict[str, Any] = {
    "id": "",
    "key": "",
    "name": "",
    "status": ACCEPTED,
    "reason": None,
    "layout": None,
    "rows": 0,
    "accepted": 0,
    "rejected": 0,
    "blank": 0,
    "readings": 0,
    "gaps": 0,
    "landed": 0,
    "duplicates": 0,
    "conflicts": 0,
    "replaced": 0,
    "first_conflicts": [],
    "assumed": [],
    "series": [],
    "series_left_out": 0,
    "ignored_columns": [],
    "first_rejects": [],
    "rejects_key": None,
    "table_version": None,
    "bytes": 0,
    "sha256": None,
    "created": "",
    "duration_ms": 0,
}
_NOT_COUNTED = dict.fromkeys(("gaps", "landed", "duplicates", "conflicts", "replaced"))


def whole(held: dict[str, Any]) -> dict[str, Any]:
    """A stored report with every field; of one written when fewer were counted, those are None."""
    if "landed" in held:
        return held
    report = {**EMPTY, **_NOT_COUNTED, **held}
    report["layout"] = report.pop("format")
    report["name"] = held["key"].split("/", 2)[2]
    return report
