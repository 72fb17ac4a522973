"""Exports of an account's readings: asked for, done by a job, and then downloaded from the store itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from core.energy.accounts.path import account_of, made
from core.energy.actions import EXPORT, on_account
from core.energy.exports import documents as exports
from core.energy.exports.job import ExportJob
from core.energy.jobs import send
from core.energy.readings.api import period
from core.energy.readings.points import LONDON
from core.energy.readings.zones import named
from core.kernel.api.context import Answer, Call, Route, download
from core.kernel.api.models import Download, Moment
from core.kernel.errors import Code, not_found
from core.kernel.http import Response, json_response
from core.kernel.identifiers import DOCUMENT_ID


class ExportRequest(Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    format: Literal["csv", "parquet"] = "csv"
    from_: Annotated[
        str, Meta(max_length=40, description="First start: ISO 8601 with zone, or a day of Europe/London")
    ] = ""
    to: Annotated[str, Meta(max_length=40, description="End, exclusive: as `from`")] = ""


class Export(Struct, rename={"from_": "from"}):
    id: str
    account: str
    status: Literal["queued", "done", "failed"]
    format: Literal["csv", "parquet"]
    from_: Moment | None
    to: Moment | None
    requested: Moment
    finished: Moment | None
    rows: int | None
    bytes: int | None
    error: str | None
    download: Download | None


def create(call: Call) -> Response:
    """Note the export, then ask for the job. A job that can't be asked for leaves no export behind."""
    wanted: ExportRequest = call.body
    account = account_of(call)
    begin, end = period(wanted.from_, wanted.to, named(LONDON))
    made(call)
    documents = call.services.documents
    export = exports.create(documents, call.services.clock, account, form=wanted.format, begin=begin, end=end)
    try:
        send(call.services, ExportJob(account, export["id"]))
    except Exception:
        documents.delete(exports.path(account, export["id"]))
        raise
    where = f"/api/accounts/{account}/exports/{export['id']}"
    return json_response(_shown(call, export), 202, headers={"Location": where})


def one(call: Call) -> Response:
    account, name = account_of(call), call.params["export"]
    export = exports.get(call.services.documents, account, name) if DOCUMENT_ID.fullmatch(name) else None
    if export is None:
        raise not_found(f"export {name!r}")
    return json_response(_shown(call, export))


def _shown(call: Call, export: dict[str, Any]) -> dict[str, Any]:
    """The document, with a download in place of the file's key."""
    shown = {name: value for name, value in export.items() if name != "key"}
    return {**shown, "download": download(call, export["key"], file_name(export)) if export["key"] else None}


def file_name(export: dict[str, Any]) -> str:
    """What an export is called: `ACCOUNT-readings-FROM-TO.csv`, of its first and last day in Europe/London.

    Where it has no first or no last day, the name says so: `-from-FROM`, `-to-TO`, or neither.
    """
    begin, end = (datetime.fromisoformat(export[bound]) if export[bound] else None for bound in ("from", "to"))
    first = begin and _day(begin)
    last = end and _day(end - timedelta(microseconds=1))
    days = f"-{first}-{last}" if first and last else f"-from-{first}" if first else f"-to-{last}" if last else ""
    return f"{export['account']}-readings{days}.{export['format']}"


def _day(moment: datetime) -> str:
    return moment.astimezone(named(LONDON)).date().isoformat()


ROUTES = (
    Route(
        "POST",
        "/api/accounts/{account}/exports",
        create,
        "Export readings",
        {202: Answer("A job writes the file", Export)},
        on_account(EXPORT),
        body=ExportRequest,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "GET",
        "/api/accounts/{account}/exports/{export}",
        one,
        "One export, with its download once it is done",
        {200: Answer("The export", Export)},
        on_account(EXPORT),
        errors=(Code.NOT_FOUND,),
    ),
)
