from __future__ import annotations

import json

import pytest

from core.kernel.api import app as module
from core.kernel.api.app import App
from core.kernel.config import ConfigError
from core.kernel.http import MAX_RESPONSE_BODY, Request, Response
from core.kernel.services import Services


def hello(services: Services) -> Response:
    return App(services).handle(Request("GET", "/api/hello"))


def test_an_answer_may_be_as_long_as_the_limit_and_no_byte_longer(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_RESPONSE_BODY == 4 * 1024 * 1024
    size = len(hello(services).body)
    monkeypatch.setattr(module, "MAX_RESPONSE_BODY", size)
    assert hello(services).status == 200
    monkeypatch.setattr(module, "MAX_RESPONSE_BODY", size - 1)
    answer = hello(services)
    assert answer.status == 500
    assert json.loads(answer.body)["type"] == "urn:trefoil:problem:internal"


def test_a_signing_key_that_cannot_be_read_is_503_where_one_is_needed(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable() -> None:
        raise ConfigError("TREFOIL_SIGNING_KEY", "parameter /secret/name can't be read")

    monkeypatch.setattr(services.keyring, "keys", unreadable)
    answer = App(services).handle(Request("GET", "/.well-known/jwks.json"))
    assert answer.status == 503
    assert ("Retry-After", "5") in answer.headers
    assert b"/secret/name" not in answer.body
    assert hello(services).status == 200
