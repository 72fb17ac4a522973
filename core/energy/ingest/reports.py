"""The reports of an account's ingestions, and where they lie: a document each, the newest first.

ingestions/{account}/{stamp}-{digest}.json    the digits of `stamp` are those of the time of creation, taken from nine

So a store, which lists from the front, gives the newest page at once, however many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.kernel.clock import newest_first
from core.kernel.documents import Documents


def folder(account: str) -> str:
    return f"ingestions/{account}"


def path(account: str, ingestion: str) -> str:
    """Of a report, by its ingestion's id, which begins with the time of creation."""
    stamp, dash, digest = ingestion.partition("-")
    return f"{folder(account)}/{newest_first(stamp)}{dash}{digest}.json"


def newest(documents: Documents, account: str) -> dict[str, Any] | None:
    """The newest report; None where no file has come yet."""
    found = documents.page(folder(account), limit=1).found
    return whole(found[0][1]) if found else None


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
    "files": [],
    "bytes": 0,
    "sha256": None,
    "created": "",
    "duration_ms": 0,
}
_SUMMED = ("rows", "accepted", "rejected", "blank", "readings", "gaps", "landed", "duplicates", "conflicts", "replaced")
_LISTED = ("first_conflicts", "assumed", "series", "ignored_columns", "first_rejects")
MAX_LISTED = 500
"""Entries of a list that a report has of all of an archive's files together."""
_OF_FILE = {
    name: EMPTY[name]
    for name in ("name", "status", "reason", "layout", *_SUMMED, "first_rejects", "assumed", "table_version")
}
_NOT_COUNTED = dict.fromkeys(("gaps", "landed", "duplicates", "conflicts", "replaced"))


def together(files: list[dict[str, Any]]) -> dict[str, Any]:
    """The report of an object by those of its files: of one that is no archive's, its own.

    An archive is accepted if one of its files is; what is counted is counted of all of them.
    """
    if len(files) == 1 and files[0]["name"] is None:
        return {name: value for name, value in files[0].items() if name != "name"}
    accepted = [file for file in files if file["status"] == ACCEPTED]
    refused = [file for file in files if file["status"] == REFUSED]
    reason = None
    if refused:
        first = f"{refused[0]['name'] or 'the archive'}: {refused[0]['reason']}"
        reason = (
            first if len(refused) == 1 else f"{len(refused)} of {len(files)} files were refused; the first, {first}"
        )
    found: dict[str, Any] = {"status": ACCEPTED if accepted else REFUSED, "reason": reason}
    found |= {name: sum(file.get(name) or 0 for file in files) for name in _SUMMED}
    for name in _LISTED:
        found[name] = list(_named(files, name))[:MAX_LISTED]
    found["series_left_out"] = sum(file.get("series_left_out", 0) for file in files)
    found["series_left_out"] += max(0, sum(len(file.get("series", ())) for file in files) - MAX_LISTED)
    layouts = dict.fromkeys(file["layout"] for file in files if file.get("layout"))
    found["layout"] = ", ".join(layouts) or None
    found["table_version"] = max((file["table_version"] for file in accepted), default=None)
    found["files"] = [{**_OF_FILE, **{name: file[name] for name in _OF_FILE if name in file}} for file in files]
    return found


def _named(files: list[dict[str, Any]], name: str) -> Iterator[Any]:
    """What the files list under a name; once, what several say alike."""
    said: set[str] = set()
    for file in files:
        for entry in file.get(name, ()):
            if not isinstance(entry, str):
                yield entry
            elif entry not in said:
                said.add(entry)
                yield entry


def whole(held: dict[str, Any]) -> dict[str, Any]:
    """A stored report with every field; of one written when fewer were counted, those are None."""
    if "landed" in held:
        return held if "files" in held else {**EMPTY, **held}
    report = {**EMPTY, **_NOT_COUNTED, **held}
    report["layout"] = report.pop("format")
    report["name"] = held["key"].split("/", 2)[2]
    return report
