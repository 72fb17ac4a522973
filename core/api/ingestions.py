"""The reports of an account's ingestions, newest first."""

from __future__ import annotations

from typing import Any

from core.api import cursor, models
from core.api.context import Call
from core.clock import rfc3339
from core.errors import not_found
from core.http import Response, json_response
from core.identifiers import DOCUMENT_ID


def every(call: Call) -> Response:
    query: models.PageQuery = call.query
    account = call.account()
    documents = call.services.documents
    paths = documents.list(f"ingestions/{account}")[::-1]
    identity = ("ingestions", account)
    if query.cursor:
        position = cursor.read(identity, query.cursor)
        paths = [path for path in paths if path < position]
    page = paths[: query.limit]
    found = [document.value for document in map(documents.get, page) if document is not None]
    following = cursor.make(identity, page[-1]) if len(paths) > len(page) else None
    return json_response({"ingestions": found, "next": following})


def one(call: Call) -> Response:
    return json_response(_report(call))


def rejects(call: Call) -> Response:
    """Where the complete list of rejected rows can be fetched: gzip CSV `line,column,value,reason`."""
    key = _report(call)["rejects_key"]
    if key is None:
        raise not_found(f"a rejected row of ingestion {call.params['ingestion']!r}")
    signed = call.services.signer.download(key)
    return json_response(
        {
            "url": signed.url,
            "method": signed.method,
            "headers": dict(signed.headers),
            "expires_at": rfc3339(signed.expires_at),
        }
    )


def _report(call: Call) -> dict[str, Any]:
    account, ingestion = call.account(), call.params["ingestion"]
    document = None
    if DOCUMENT_ID.fullmatch(ingestion):
        document = call.services.documents.get(f"ingestions/{account}/{ingestion}.json")
    if document is None:
        raise not_found(f"ingestion {ingestion!r}")
    return dict(document.value)
