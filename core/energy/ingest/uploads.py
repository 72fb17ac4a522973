"""Direct uploads: the client puts the file into the store itself, with a URL that is good for that file only."""

from __future__ import annotations

import obstore

from core.energy import models
from core.kernel.api.context import Call
from core.kernel.clock import rfc3339
from core.kernel.errors import Code, TrefoilError, invalid
from core.kernel.http import Response, json_response
from core.kernel.identifiers import ACCOUNT
from core.kernel.store import failures


def create(call: Call) -> Response:
    wanted: models.UploadRequest = call.body
    account = call.params["account"]
    if not ACCOUNT.fullmatch(account):
        raise invalid("account", f"{account!r} must be letters, digits, - and _, at most 64")
    key = f"incoming/{account}/{wanted.name}"
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
