"""What a file would be, before it is sent: told from its first bytes."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from core.energy.accounts.path import any_account_of
from core.energy.actions import UPLOAD, on_account
from core.energy.ingest import names
from core.energy.ingest.api import Reject, SeriesTold
from core.energy.readings import sources
from core.energy.readings.sources import Said
from core.kernel.api.context import Answer, Call, Route
from core.kernel.api.models import Moment
from core.kernel.http import Response, json_response

LOOKED_AT = 64 * 1024
"""Bytes of a file that show what it is. A workbook or an archive may be sent whole, up to `MOST`."""
MOST = 640 * 1024


class PreviewRequest(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=names.MAX_GIVEN, examples=["consumption.csv"])]
    start: Annotated[bytes, Meta(max_length=MOST, description="The first 64 KiB, as base64; a workbook whole")]
    whole: Annotated[bool, Meta(description="Whether that is all of the file")] = False
    source: Annotated[Said, Meta(description="What the file can't say, as it would be said when it is sent")] | None = (
        None
    )


class Lacking(Struct):
    field: Annotated[str, Meta(description="Of the account's sources", examples=["point"])]
    why: str
    choices: Annotated[list[str], Meta(description="What may be said; empty: any text")]


class Previewed(Struct):
    line: int
    point: str
    channel: str
    start: Moment
    minutes: int
    version: int
    value: Annotated[str, Meta(description="Exact; kWh, or kVArh of a reactive channel")]
    quality: str


class Preview(Struct):
    name: Annotated[str | None, Meta(description="Of the file within an archive: its first one")]
    layout: str | None
    title: Annotated[str | None, Meta(description="The layout in words")]
    assumed: list[str]
    lacking: Annotated[list[Lacking], Meta(description="What neither the file nor the account's sources say")]
    refused: Annotated[str | None, Meta(description="Why nothing of it would land as it is")]
    rows: int
    accepted: int
    rejected: int
    blank: int
    gaps: int
    count: Annotated[int, Meta(description="Readings in what was sent")]
    series: list[SeriesTold]
    first_rejects: list[Reject]
    readings: Annotated[list[Previewed], Meta(description="The first 20, as they would land")]


def preview(call: Call) -> Response:
    from dataclasses import asdict

    from core.energy.ingest.look import look  # the engine of tables is loaded by who needs it

    wanted: PreviewRequest = call.body
    held = call.services.documents.get(sources.document(any_account_of(call)))
    entry = sources.merged(sources.fitting(held and held.value, wanted.name), wanted.source)
    found: dict[str, Any] = asdict(look(wanted.start, entry, call.services.clock(), whole=wanted.whole))
    return json_response(found)


ROUTES = (
    Route(
        "POST",
        "/api/accounts/{account}/preview",
        preview,
        "What a file would be, before it is sent",
        {200: Answer("As far as its first bytes tell", Preview)},
        on_account(UPLOAD),
        body=PreviewRequest,
    ),
)
