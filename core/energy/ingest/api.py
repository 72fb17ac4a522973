"""The reports of an account's ingestions, newest first."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from core.energy.accounts.path import account_of
from core.energy.actions import READ, on_account
from core.energy.ingest import reports
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


class Ingestion(Struct):
    id: str
    key: str
    status: Literal["accepted", "refused"]
    reason: str | None
    format: Literal["long", "wide"] | None
    rows: int
    accepted: int
    rejected: int
    readings: int
    ignored_columns: list[str]
    first_rejects: list[Reject]
    rejects_key: str | None
    table_version: int | None
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
    for name, report in page.found:
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
    """Where the complete list of rejected rows can be fetched: gzip CSV `line,column,value,reason`."""
    key = _report(call)["rejects_key"]
    if key is None:
        raise not_found(f"a rejected row of ingestion {call.params['ingestion']!r}")
    return json_response(download(call, key))


def _report(call: Call) -> dict[str, Any]:
    account, ingestion = account_of(call), call.params["ingestion"]
    document = None
    if DOCUMENT_ID.fullmatch(ingestion):
        document = call.services.documents.get(reports.path(account, ingestion))
    if document is None:
        raise not_found(f"ingestion {ingestion!r}")
    return dict(document.value)


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
        "All rejected rows",
        {200: Answer("Fetch them so: gzip CSV", Download)},
        on_account(READ),
        errors=(Code.NOT_FOUND,),
    ),
)
