"""Exports of an account's readings: asked for, done by a job, and then downloaded from the store itself."""

from __future__ import annotations

from typing import Any

from core.energy import models
from core.energy.exports import documents as exports
from core.energy.messages import Export, send
from core.energy.readings.api import period
from core.kernel.api.context import Call, download
from core.kernel.errors import not_found
from core.kernel.http import Response, json_response
from core.kernel.identifiers import DOCUMENT_ID


def create(call: Call) -> Response:
    """Note the export, then ask for the job. A job that can't be asked for leaves no export behind."""
    wanted: models.ExportRequest = call.body
    account = call.account()
    begin, end = period(wanted.from_, wanted.to)
    documents = call.services.documents
    export = exports.create(documents, call.services.clock, account, form=wanted.format, begin=begin, end=end)
    try:
        send(call.services, Export(account, export["id"]))
    except Exception:
        documents.delete(exports.path(account, export["id"]))
        raise
    where = f"/api/accounts/{account}/exports/{export['id']}"
    return json_response(_shown(call, export), 202, headers={"Location": where})


def one(call: Call) -> Response:
    account, name = call.account(), call.params["export"]
    export = exports.get(call.services.documents, account, name) if DOCUMENT_ID.fullmatch(name) else None
    if export is None:
        raise not_found(f"export {name!r}")
    return json_response(_shown(call, export))


def _shown(call: Call, export: dict[str, Any]) -> dict[str, Any]:
    """The document, with a download in place of the file's key."""
    shown = {name: value for name, value in export.items() if name != "key"}
    return {**shown, "download": download(call, export["key"]) if export["key"] else None}
