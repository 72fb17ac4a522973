"""The page of layouts (docs/formats.md) and the list of them for the site, written from the declarations.

Each layout has an example, `docs/formats/{name}.{ending}`, and what is said of it is what the ingestion finds in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import structs

from core.energy.ingest.layouts import LAYOUTS
from core.energy.ingest.layouts.layout import Layout, Long, NoReadings, Records, Wide
from core.energy.ingest.look import Held, Look, look
from core.energy.ingest.texts import as_text
from core.energy.readings.sources import Source

RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)
"""When the examples are taken to be sent."""
ANSWERS: dict[str, Any] = {
    "point": {"point": "1012345678903"},
    "zone": {"zone": "America/Los_Angeles"},
    "stamp": {"stamp": "end"},
    "kind": {"kind": "free", "zone": "Europe/London"},
}
"""What is said of examples that can't say it."""
_SHOWN = 6
_WIDTH = 150
_COLUMNS = ("point", "channel", "start", "minutes", "value", "quality")
_KINDS = (
    (Wide, "A row for each day"),
    (Long, "A row for each interval"),
    (Records, "Records and documents"),
    (NoReadings, "Known, and refused"),
)
_HEAD = """# Formats of meter files

<!-- Written by `trefoil files layouts --write docs`; a test holds that it is so. -->

A file is recognised by what is in it, not by its name: by the names of its columns, or by its first bytes. What a file
can't say (whose readings, in which zone, whether times are starts or ends) is asked: the site asks before a file is
sent, and an account's `sources` can say it for every file of a name. What was assumed stands in the report of each
file. `trefoil files check FILE` shows all of that without a server.

Whatever the layout: gzip and zip are told by their content, and each file of an archive, or sheet of a workbook
(.xlsx), is a file of its own in the report. Text may be UTF-8, UTF-16 or Windows-1252, with commas,
semicolons, tabs or bars, a decimal point or a decimal comma, a `sep=` line, and any line ends. Title lines may stand
above the header.

A file that two layouts fit is refused naming both, and `layout` in the account's sources says which one is right.
A new layout is one declaration and one example: [Add a format](add-a-format.md).
"""


def example(folder: Path, layout: Layout) -> Path:
    """The file of a layout's example. Raises `FileNotFoundError` where there is none."""
    found = sorted(folder.glob(f"{layout.name}.*"))
    if not found:
        raise FileNotFoundError(f"{folder}/{layout.name}.* is missing: the example of the layout {layout.name}")
    return found[0]


def looked_at(path: Path) -> tuple[Look, Source | None]:
    """What an example is found to be, with what had to be said of it."""
    entry: Source | None = None
    content = path.read_bytes()
    for _ in ANSWERS:
        found = look(content, entry, RECEIVED, whole=True)
        if not found.lacking:
            break
        for lack in found.lacking:
            entry = structs.replace(entry or Source(files=""), **ANSWERS[lack.field])
    return look(content, entry, RECEIVED, whole=True), entry


def markdown(folder: Path) -> str:
    """The page, by the examples in a folder."""
    parts = [_HEAD]
    for kind, title in _KINDS:
        parts.append(f"\n## {title}\n")
        fitting = [layout for layout in LAYOUTS if isinstance(layout.form, kind)]
        parts += ["\n".join(_section(layout, example(folder, layout))) for layout in fitting]
    return "\n".join(parts).rstrip() + "\n"


def _section(layout: Layout, path: Path) -> Iterator[str]:
    found, entry = looked_at(path)
    yield f"### `{layout.name}`: {layout.title}\n"
    yield f"- From: {layout.where}."
    yield f"- Source: {layout.source}."
    if layout.assumed:
        yield f"- Assumed: {'; '.join(layout.assumed)}."
    said = {name: value for name, value in structs.asdict(entry).items() if value} if entry else {}
    if said:
        yield f"- Not in the file, and asked: {', '.join(said)}."
    yield f"\n[{path.name}](formats/{path.name}):\n"
    yield "```text"
    lines = _lines(path)
    yield from (line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..." for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield "..."
    yield "```\n"
    if found.refused:
        yield f"Refused: {found.refused}.\n"
        return
    with_ = f", with {', '.join(f'{name} {value}' for name, value in said.items())}" if said else ""
    yield f"What lands{with_}:\n"
    yield "| point | channel | start | minutes | value | quality |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for one in found.readings[:2]:
        yield f"| {' | '.join(str(one[name]) for name in _COLUMNS)} |"
    yield ""


def _lines(path: Path) -> list[str]:
    _, reader, _ = as_text(Held(path.read_bytes()))
    buffer = memoryview(bytearray(1024 * 1024))
    return bytes(buffer[: reader.read_into(buffer)]).decode().splitlines()


def listed() -> str:
    """The layouts as JSON, for the site."""
    found = [
        {"name": layout.name, "title": layout.title, "where": layout.where}
        for layout in LAYOUTS
        if not isinstance(layout.form, NoReadings)
    ]
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
