"""Sending to a queue, and composing a deployment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapters.local import bootstrap
from core.kernel.config import ConfigError
from core.kernel.events import MAX_BYTES
from core.kernel.services import Services
from tests.conftest import KeptQueue

BASE = "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("queue", "message", "said"),
    [
        ("mail", b"x", "nobody reads the queue 'mail'; there are jobs"),
        ("jobs", b"", "a message for jobs is empty"),
        ("jobs", b"\xff", "a message for jobs is not UTF-8"),
        ("jobs", b"x" * (MAX_BYTES + 1), "a message for jobs has 49153 bytes, more than 49152: send a pointer"),
    ],
)
def test_what_no_queue_takes_is_not_sent(services: Services, queue: str, message: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        services.send(queue, message)


@pytest.mark.parametrize(
    ("message", "sent"),
    [(b"text", b"text"), ({"a": 1}, b'{"a":1}'), ("x", b'"x"'), (b"x" * MAX_BYTES, b"x" * MAX_BYTES)],
)
def test_bytes_go_as_they_are_and_values_as_json(
    services: Services, queue: KeptQueue, message: Any, sent: bytes
) -> None:
    services.send("jobs", message)
    assert queue.sent == [sent]


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        (
            "TREFOIL_SCHEDULES",
            "jobs=0 3 * * *",
            "no schedule fires 'jobs'; those that it fires: settle_monthly, forecast, maintain, alert",
        ),
        ("TREFOIL_FUNCTIONS", "no.such.set", "there is no module no.such.set.functions"),
        ("TREFOIL_FORECAST_SITES", "london", "'london' is not name:latitude:longitude"),
        ("TREFOIL_MAIL", "ses", "'ses' is no way to send mails here; give file:///FOLDER, smtp://HOST or smtps://HOST"),
        ("TREFOIL_MAIL", "file://mail", "'file://mail' must hold an absolute path"),
    ],
)
def test_a_variable_that_the_set_does_not_understand_is_named_at_the_start(
    tmp_path: Path, variable: str, value: str, said: str
) -> None:
    also = {"TREFOIL_MAIL_FROM": "a@example.com"} if variable == "TREFOIL_MAIL" else {}
    with pytest.raises(ConfigError, match=said) as caught:
        bootstrap.services(bootstrap.environment(tmp_path, BASE, {**also, variable: value}), base_url=BASE)
    assert caught.value.variable == variable
