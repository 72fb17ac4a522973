"""The reports of an account's ingestions, newest first."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from core.energy.accounts.path import account_of
from core.energy.actions import READ, on_account
from core.energy.ingest import names, reports, verdicts
from core.kernel.api import cursor
from core.kernel.api.context import Answer, Call, Route, download
from core.kernel.api.models import Download, Moment, PageQuery
from core.kernel.errors import Code, not_found
from core.kernel.http import MAX_RESPONSE_BODY, Response, json_bytes, json_response
from core.kernel.identifiers import DOCUMENT_ID

PAGE_BYTES = MAX_RESPONSE_BODY - 256 * 1024
"""Reports name the columns they ignored, so a page is cut by its size as well as by its count."""


class Reject(Struct):
    line: int
    column: str | None
    value: str
    reason: str


class Conflict(Struct):
    point: str
    channel: str
    start: Moment
    version: int
    won: Annotated[str, Meta(description="The value that is in the table, with its quality")]
    lost: Annotated[str, Meta(description="The value that gave way")]
    why: str


class SeriesTold(Struct):
    point: str
    channel: str
    first: Moment
    last: Moment
    count: int
    sum: Annotated[str, Meta(description="Exact, of all versions in the file; kWh, or kVArh of a reactive channel")]


class FileTold(Struct):
    """A file of an archive."""

    name: str | None
    status: Literal["accepted", "refused"]
    reason: str | None
    layout: str | None
    rows: int
    accepted: int
    rejected: int
    blank: int
    readings: int
    gaps: int | None
    landed: int | None
    duplicates: int | None
    conflicts: int | None
    replaced: int | None
    first_rejects: list[Reject]
    assumed: list[str]
    table_version: int | None


class Ingestion(Struct):
    id: Annotated[str, Meta(description="Of a signed upload, the `ingestion` that its answer said")]
    key: str
    name: Annotated[str, Meta(description="As it was given")]
    outcome: Annotated[
        Literal["accepted", "partly", "refused"],
        Meta(description="Partly: rows of it were rejected, or files of an archive refused; what is good of it landed"),
    ]
    verdict: Annotated[
        str,
        Meta(
            description="What became of it, in a sentence to show to a person",
            examples=["1,438 of 1,440 rows were accepted, 2 rejected; all 1,438 readings landed."],
        ),
    ]
    status: Annotated[Literal["accepted", "refused"], Meta(description="Refused: nothing of it was used")]
    reason: Annotated[str | None, Meta(description="Why it was refused, or which files of an archive were")]
    layout: Annotated[str | None, Meta(description="By name, see docs/formats.md; of an archive, those of its files")]
    rows: Annotated[int, Meta(description="accepted + rejected + blank")]
    accepted: int
    rejected: int
    blank: int
    readings: Annotated[int, Meta(description="Of the accepted rows; those that did not land, a count below tells")]
    gaps: Annotated[int | None, Meta(description="Places of the accepted rows where there was no reading")]
    landed: int | None
    duplicates: int | None
    conflicts: Annotated[int | None, Meta(description="Values that gave way to another of the same reading")]
    replaced: Annotated[int | None, Meta(description="Those of them that were in the table")]
    first_conflicts: list[Conflict]
    assumed: Annotated[list[str], Meta(description="What the file did not say, and where it is from")]
    series: Annotated[list[SeriesTold], Meta(description="What the file has of each point and channel")]
    series_left_out: int
    ignored_columns: list[str]
    first_rejects: list[Reject]
    rejects_key: Annotated[str | None, Meta(description="Whether there is a list of all rejected rows to fetch")]
    table_version: int | None
    files: Annotated[list[FileTold], Meta(description="Of an archive, each by itself; the counts are of all")]
    bytes: int
    sha256: str | None
    created: Moment
    duration_ms: int


class Ingestions(Struct):
    ingestions: list[Ingestion]
    next: str | None


def every(call: Call) -> Response:
    query: PageQuery = call.query
    account = account_of(call)
    identity = ("ingestions", account)
    after = cursor.read_name(identity, query.cursor) if query.cursor else ""
    page = call.services.documents.page(reports.folder(account), after=after, limit=query.limit)
    found: list[Any] = []
    size, following = 0, page.following
    for name, held in page.found:
        report = _told(held)
        size += len(json_bytes(report))
        if found and size > PAGE_BYTES:
            following = after
            break
        found.append(report)
        after = name
    return json_response({"ingestions": found, "next": following and cursor.make(identity, following)})


def one(call: Call) -> Response:
    return json_response(_report(call))


def rejects(call: Call) -> Response:
    """Where the complete list of rejected rows can be fetched: CSV `line,column,value,reason`.

    Lists of before November 2026 are packed by gzip, and are called so.
    """
    report = _report(call)
    key = report["rejects_key"]
    if key is None:
        raise not_found(f"a rejected row of ingestion {call.params['ingestion']!r}")
    packed = ".gz" if key.endswith(".gz") else ""
    return json_response(download(call, key, f"{names.stem(report['name'])}-rejected.csv{packed}"))


def _report(call: Call) -> dict[str, Any]:
    account, ingestion = account_of(call), call.params["ingestion"]
    document = None
    if DOCUMENT_ID.fullmatch(ingestion):
        document = call.services.documents.get(reports.path(account, ingestion))
    if document is None:
        raise not_found(f"ingestion {ingestion!r}")
    return _told(document.value)


def _told(held: dict[str, Any]) -> dict[str, Any]:
    """A stored report as it is shown."""
    report = reports.whole(held)
    return {**report, "outcome": verdicts.outcome(report), "verdict": verdicts.verdict(report)}


ROUTES = (
    Route(
        "GET",
        "/api/accounts/{account}/ingestions",
        every,
        "Ingestion reports, newest first",
        {200: Answer("A page of reports", Ingestions)},
        on_account(READ),
        query=PageQuery,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "GET",
        "/api/accounts/{account}/ingestions/{ingestion}",
        one,
        "One ingestion report",
        {200: Answer("The report", Ingestion)},
        on_account(READ),
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "GET",
        "/api/accounts/{account}/ingestions/{ingestion}/rejects",
        rejects,
        "All rejected rows, to download as CSV",
        {200: Answer("Fetch the file NAME-rejected.csv so: line, column, value, reason", Download)},
        on_account(READ),
        errors=(Code.NOT_FOUND,),
    ),
)
