"""Lambda authorizer of an HTTP API: type REQUEST, payload format 2.0, simple response.

The gateway's own refusal has a body that nobody can change, and it would refuse the public routes too. So this
authorizer lets every request pass and puts its verdict into the context, where only the gateway can write; the API acts
on it and answers 401 with the same bytes as everywhere. Never attach it to an API that does not read the verdict.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Literal

import msgspec

from adapters.aws.bootstrap import Handler, LambdaContext, invocation, services
from core.kernel import logs
from core.kernel.auth.authorizer import Principal
from core.kernel.events import read
from core.kernel.functions import Function
from core.kernel.services import Services

USER, ISSUED, REFUSED = "trefoil_user", "trefoil_issued", "trefoil_refused"

log = logs.logger("auth")


class AuthorizerEvent(msgspec.Struct):
    version: Literal["2.0"]
    type: Literal["REQUEST"]
    headers: dict[str, str] | None = None


def handler(function: Function) -> Handler:
    """Judges one request. What it makes raises `UnknownEvent` for an event of another form: the gateway answers 500.

    What judges a token is loaded here, while Lambda starts the sandbox on a whole CPU: a request of 512 MB has 0.3.
    """
    import jwt  # noqa: F401

    with suppress(Exception):  # a key that can't be read now is asked for again by the request, which tells why
        services().keyring.keys()

    def judge(event: Any, context: LambdaContext) -> dict[str, Any]:
        headers = read(event, AuthorizerEvent).headers or {}
        with invocation(function.name, context) as found:
            return {"isAuthorized": True, "context": _verdict(found, headers)}

    return judge


def _verdict(services: Services, headers: dict[str, str]) -> dict[str, Any]:
    # The gateway joins repeated headers with a comma, which no single token has.
    values = [value for name, value in headers.items() if name.lower() == "authorization"]
    try:
        judged = services.judge(values)
    except Exception as error:  # noqa: BLE001  what can't be judged here is judged by the API, if its route asks for it
        logs.error(log, "no verdict", exception=error)
        return {}
    if isinstance(judged, Principal):
        return {USER: judged.user, ISSUED: str(judged.issued)}
    logs.debug(log, "token refused", reason=judged.reason)
    return {REFUSED: True}
