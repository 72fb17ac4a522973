"""Direct uploads: the client puts the file into the store itself, with a URL that is good for that file only.

And for that account only: what is sent with the URL of one that was deleted since is no file of a later one's.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from core.energy.accounts import accounts
from core.energy.accounts.path import any_account_of
from core.energy.actions import UPLOAD, on_account
from core.energy.ingest import keys, names
from core.energy.readings.sources import Said, merged
from core.kernel import telemetry
from core.kernel.api.context import Answer, Call, Route
from core.kernel.api.models import Moment
from core.kernel.clock import rfc3339
from core.kernel.http import Response, json_response
from core.kernel.identifiers import exactly

_NAME = exactly(r"[^/\\\x00-\x1f\x7f]+")
"""A file's name as people's computers have it: no folder, no control character."""


class UploadRequest(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=names.MAX_GIVEN, pattern=_NAME, examples=["2026-01 (1).csv"])]
    bytes: Annotated[int, Meta(ge=0, le=5 * 1024**3, description="How long the file is; no other length is taken")]
    source: Annotated[Said, Meta(description="What the file can't say, of this file only")] | None = None


class Upload(Struct):
    """How to send the file to the store itself, without a token, until it expires: with these headers, once."""

    url: str
    method: str
    headers: dict[str, str]
    key: str
    ingestion: Annotated[
        str,
        Meta(
            description="The id of the report to come: GET /api/accounts/{account}/ingestions/{ingestion} is 404 until"
            " the file was read, mostly a few seconds after it was sent"
        ),
    ]
    expires_at: Moment


def create(call: Call) -> Response:
    wanted: UploadRequest = call.body
    account = any_account_of(call)
    source = wanted.source if wanted.source != Said() else None
    if source is not None:
        merged(None, source)
    # An account that is not there yet is made now: so a URL is never good for a later one of the name.
    documents = call.services.documents
    identity = accounts.identity_in(call.document) or accounts.ensure(documents, account)
    place, name = keys.place(call.services.clock()), names.safe(wanted.name, marked=source is not None)
    if name != wanted.name:
        names.keep(documents, account, place, names.Said(wanted.name, source))
    key = keys.of_upload(account, identity, place, name)
    telemetry.link(telemetry.known(key))
    signed = call.services.signer.upload(key, wanted.bytes)
    return json_response(
        {
            "url": signed.url,
            "method": signed.method,
            "headers": dict(signed.headers),
            "key": key,
            "ingestion": place,
            "expires_at": rfc3339(signed.expires_at),
        }
    )


ROUTES = (
    Route(
        "POST",
        "/api/accounts/{account}/uploads",
        create,
        "Ask where to send a file",
        {200: Answer("Send the file so", Upload)},
        on_account(UPLOAD),
        body=UploadRequest,
    ),
)
