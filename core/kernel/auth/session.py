"""Login, and who the caller is."""

from __future__ import annotations

from core.kernel.api import models
from core.kernel.api.context import Call
from core.kernel.auth import tokens
from core.kernel.auth.login import check_password
from core.kernel.http import NO_STORE, Response, json_response


def login(call: Call) -> Response:
    credentials: models.Credentials = call.body
    services = call.services
    # Issued as of now: should the password change while it is looked at, the token ends with it.
    begun = services.clock()
    with services.logins.place() as turn:
        user = check_password(services.documents, services.clock, credentials.user, credentials.password, turn)
    token = tokens.mint(
        services.keyring,
        lambda: begun,
        issuer=services.config.issuer,
        audience=services.config.audience,
        subject=credentials.user,
        tokens_from=user.tokens_from,
    )
    return json_response(
        {"access_token": token, "token_type": "Bearer", "expires_in": int(tokens.LIFETIME.total_seconds())},
        headers=dict([NO_STORE]),
    )


def me(call: Call) -> Response:
    held = [{"action": grant.action, "resource": grant.resource} for grant in sorted(call.grants())]
    return json_response({"user": call.user, "grants": held})
