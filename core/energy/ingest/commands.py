"""The command `files` of the console: what a file would be, without a server and without an account."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from core.energy.ingest import formats
from core.energy.ingest.layouts import LAYOUTS
from core.energy.ingest.look import Look, Streamed, each
from core.energy.readings.sources import checked

_SAID = ("layout", "point", "kind", "zone", "unit", "channel", "stamp", "minutes", "version")


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    known = verbs.add_parser("layouts", help="the layouts that are known")
    known.add_argument("--write", type=Path, metavar="DOCS", help="write formats.md there, by formats/")
    known.add_argument("--list", type=Path, metavar="FILE", help="write the list of them, as JSON")
    check = verbs.add_parser("check", help="say what a file is, what it lacks, and how its readings would land")
    check.add_argument("file", type=Path, help="CSV, NEM12, XML, JSON or a workbook; also packed as .gz or .zip")
    check.add_argument("--layout", help="the only one that is tried, by its name in docs/formats.md")
    check.add_argument("--point", help="whose readings they are, where no column says")
    check.add_argument("--kind", choices=["free"], help="points are names of your own")
    check.add_argument("--zone", help="of times without one, such as Europe/London")
    check.add_argument("--unit", help="kWh, Wh, MWh, kW, W ...")
    check.add_argument("--channel", choices=["import", "export", "reactive-import", "reactive-export"])
    check.add_argument("--stamp", choices=["start", "end"], help="which end of its interval a time names")
    check.add_argument("--minutes", type=int, choices=[5, 10, 15, 30, 60])
    check.add_argument("--version", type=int, choices=range(1, 25), metavar="1..24")


def run(options: argparse.Namespace) -> int:
    """Print what each file in a file is; 1 when nothing of one would land. Raises `ValueError` for odd options."""
    if options.verb == "layouts":
        return _layouts(options)
    said = {name: value for name in _SAID if (value := getattr(options, name)) is not None}
    entry = checked(said) if said else None
    received = datetime.fromtimestamp(options.file.stat().st_mtime, UTC)
    refused = 0
    with options.file.open("rb") as stream:
        for number, found in enumerate(each(Streamed(stream), entry, max(received, datetime.now(UTC)))):
            if number:
                print()
            _tell(found, options.file.name)
            refused += found.refused is not None
    return 1 if refused else 0


def _layouts(options: argparse.Namespace) -> int:
    if options.write:
        (options.write / "formats.md").write_text(formats.markdown(options.write / "formats"), encoding="utf-8")
    if options.list:
        options.list.write_text(formats.listed(), encoding="utf-8")
    for layout in LAYOUTS:
        print(f"{layout.name:24} {layout.title}")
    return 0


def _tell(found: Look, name: str) -> None:
    print(f"{name}/{found.name}" if found.name else name)
    print(f"  layout    {found.layout}: {found.title}" if found.layout else "  layout    none that is known")
    for told in found.assumed:
        print(f"  assumed   {told}")
    for lack in found.lacking:
        choices = f" ({' or '.join(lack.choices)})" if lack.choices else ""
        print(f"  lacking   {lack.field}{choices}: {lack.why}")
    if found.refused:
        print(f"  refused   {found.refused}")
    if found.rows:
        print(
            f"  rows      {found.rows}: {found.accepted} accepted, {found.rejected} rejected, {found.blank} blank; "
            f"{found.count} readings, {found.gaps} gaps"
        )
    for series in found.series[:10]:
        print(
            f"  series    {series.point} {series.channel}, {series.first} to {series.last}: "
            f"{series.count}, sum {series.sum}"
        )
    if len(found.series) > 10:
        print(f"            and {len(found.series) - 10} more")
    for reject in found.first_rejects[:5]:
        print(
            f"  rejected  line {reject['line']}, {reject['column'] or 'the row'}: {reject['value']!r}: "
            f"{reject['reason']}"
        )
    for one in found.readings:
        print(
            f"  reading   {one['point']} {one['channel']} {one['start']} {one['minutes']} min, "
            f"version {one['version']}: {one['value']} {one['quality']} (line {one['line']})"
        )
