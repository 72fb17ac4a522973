"""What became of a file, for a person: in a word, and in a sentence that is true of every report.

The words are those of docs/ingestion.md: rows are accepted, rejected or blank; readings landed, say what was said
already, or gave way to another value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.energy.ingest.reports import ACCEPTED, REFUSED

PARTLY = "partly"


def outcome(report: Mapping[str, Any]) -> str:
    """Refused: nothing of it was used. Partly: rows of it were rejected, or files of an archive refused."""
    if report["status"] == REFUSED:
        return REFUSED
    return PARTLY if report["rejected"] or _refused(report) else ACCEPTED


def verdict(report: Mapping[str, Any]) -> str:
    """The sentence, of a whole report (`reports.whole`)."""
    if report["status"] == REFUSED:
        return _sentence(f"Refused, nothing of it was used: {report['reason']}")
    if not report["rows"] and not _refused(report):
        return "The file has no rows, so nothing landed."
    return _sentence("; ".join(part for part in (_rows(report), _readings(report), _files(report)) if part))


def _rows(report: Mapping[str, Any]) -> str:
    rows, accepted = report["rows"], report["accepted"]
    others = [f"{report[name]:,} {name}" for name in ("rejected", "blank") if report[name]]
    if others:
        told = f"{accepted:,} of {_many(rows, 'row')} {'was' if accepted == 1 else 'were'} accepted"
        return ", ".join([told, *others])
    return "The one row was accepted" if rows == 1 else f"All {rows:,} rows were accepted"


def _readings(report: Mapping[str, Any]) -> str:
    sent, landed, duplicates = report["readings"], report["landed"], report["duplicates"]
    if not sent:
        return "no reading was found in it, so nothing landed"
    if landed is None:
        return f"{_many(sent, 'reading')} {'was' if sent == 1 else 'were'} taken"
    replaced = report["replaced"]
    beaten = report["conflicts"] - replaced
    gave_way = [f"{beaten:,} gave way to another value"] if beaten else []
    if not landed:
        there = [f"{_many(duplicates, 'reading')} {'was' if duplicates == 1 else 'were'} there already"]
        return f"nothing changed: {', '.join([*(there if duplicates else []), *gave_way])}"
    said = f"{landed:,} of {sent:,} readings landed"
    if landed == sent:
        said = "its reading landed" if sent == 1 else f"all {sent:,} readings landed"
    told = f"{said} ({replaced:,} in the place of another value)" if replaced else said
    # Some of the file's readings may say the same as others of the file.
    return ", ".join([told, *([f"{duplicates:,} said what was said already"] if duplicates else []), *gave_way])


def _files(report: Mapping[str, Any]) -> str:
    refused = _refused(report)
    if not refused:
        return ""
    first, many = refused[0], len(refused) > 1
    told = f"{len(refused):,} of {_many(len(report['files']), 'file')} {'were' if many else 'was'} refused"
    return f"{told}, {'the first ' if many else ''}{first['name'] or 'the archive'}: {first['reason']}"


def _refused(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [file for file in report["files"] if file["status"] == REFUSED]


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
