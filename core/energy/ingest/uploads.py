"""Direct uploads: the client puts the file into the store itself, with a URL that is good for that file only.

And for that account only: what is sent with the URL of one that was deleted since is no file of a later one's.
"""

from __future__ import annotations

from typing import Annotated

import obstore
from msgspec import Meta, Struct

from core.energy.accounts import accounts
from core.energy.actions import UPLOAD, on_account
from core.energy.identifiers import FILE_NAME
from core.energy.ingest import keys
from core.kernel.api.context import Answer, Call, Route
from core.kernel.api.models import Moment
from core.kernel.clock import rfc3339
from core.kernel.errors import Code, TrefoilError, invalid
from core.kernel.http import Response, json_response
from core.kernel.identifiers import ACCOUNT, exactly
from core.kernel.store import failures


class UploadRequest(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(pattern=exactly(FILE_NAME.pattern), examples=["2026-01.csv"])]
    bytes: Annotated[int, Meta(ge=0, le=5 * 1024**3)]


class Upload(Struct):
    url: str
    method: str
    headers: dict[str, str]
    key: str
    expires_at: Moment


def create(call: Call) -> Response:
    wanted: UploadRequest = call.body
    account = call.params["account"]
    if not ACCOUNT.fullmatch(account):
        raise invalid("account", f"{account!r} must be letters, digits, - and _, at most 64")
    # An account that is not there yet is made now: so a URL is never good for a later one of the name.
    documents = call.services.documents
    identity = accounts.identity(documents, account) or accounts.ensure(documents, account)
    key = keys.of_upload(account, identity, wanted.name)
    with failures(key):
        try:
            obstore.head(call.services.store.client, key)
        except FileNotFoundError:
            signed = call.services.signer.upload(key, wanted.bytes)
            return json_response(
                {
                    "url": signed.url,
                    "method": signed.method,
                    "headers": dict(signed.headers),
                    "key": key,
                    "expires_at": rfc3339(signed.expires_at),
                }
            )
    raise TrefoilError(Code.CONFLICT, f"a file {wanted.name!r} was uploaded before; give this one another name")


ROUTES = (
    Route(
        "POST",
        "/api/accounts/{account}/uploads",
        create,
        "Ask for a direct upload",
        {200: Answer("Send the file so", Upload)},
        on_account(UPLOAD),
        body=UploadRequest,
        errors=(Code.CONFLICT,),
    ),
)
