"""Health, and the documents that describe the API and its token issuer."""

from __future__ import annotations

from core import VERSION
from core.kernel.api.context import Call
from core.kernel.http import Response, json_response

# Half of what a key stays valid after rotation at the least, so that no cache outlives it.
_CACHE = {"Cache-Control": "public, max-age=300"}


def health(call: Call) -> Response:
    return json_response({"status": "ok", "provider": call.services.provider, "version": VERSION})


def jwks(call: Call) -> Response:
    return json_response(call.services.keyring.jwks(), headers=_CACHE)


def openid_configuration(call: Call) -> Response:
    """OpenID Connect Discovery 1.0, as far as it applies to an issuer of access tokens only."""
    issuer = call.services.config.issuer
    return json_response(
        {
            "issuer": issuer,
            "jwks_uri": f"{issuer}/.well-known/jwks.json",
            "token_endpoint": f"{issuer}/api/login",
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        },
        headers=_CACHE,
    )


def docs(call: Call) -> Response:
    """The API's page, see `core.kernel.api.docs`."""
    from core.kernel.api.docs import page  # only these routes pay for its files

    return page(call.services.functions.title)


def docs_file(call: Call) -> Response:
    from core.kernel.api.docs import file

    return file(call.request, call.params["version"], call.params["file"])


def openapi(call: Call) -> Response:
    from core.kernel.api.openapi import document  # only this route pays for building it

    return json_response(document(call.services.functions.title, call.routes))
