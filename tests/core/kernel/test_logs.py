from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from core.kernel import logs
from core.kernel.config import Config

CONFIG = Config("memory:///", "https://issuer.example", "trefoil", "key")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    yield io.StringIO()
    for name in ("trefoil", "trefoil.ingest"):
        logging_logger = logs.logging.getLogger(name)
        logging_logger.handlers[:] = []
        logging_logger.setLevel(0)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_time_level_message_and_fields(stream: io.StringIO) -> None:
    logs.configure(CONFIG, stream=stream)
    logs.info(logs.logger("x"), "hello\nworld", number=1, text="ü")
    (line,) = lines(stream)
    assert line.pop("time")
    assert line == {"level": "INFO", "message": "hello\nworld", "logger": "trefoil.x", "number": 1, "text": "ü"}


def test_half_a_character_is_written_as_an_escape(stream: io.StringIO) -> None:
    logs.configure(CONFIG, stream=stream)
    logs.info(logs.logger("x"), "a \ud800", text="\udfff \U0001f600")
    (line,) = lines(stream)
    assert (line["message"], line["text"]) == ("a \ud800", "\udfff \U0001f600")


def test_context_is_on_every_line_inside(stream: io.StringIO) -> None:
    logs.configure(CONFIG, stream=stream)
    with logs.context(request_id="1"), logs.context(function="f"):
        logs.warning(logs.logger("x"), "inside")
    logs.warning(logs.logger("x"), "outside")
    inside, outside = lines(stream)
    assert (inside["request_id"], inside["function"]) == ("1", "f")
    assert "request_id" not in outside


def test_debug_is_for_the_named_namespaces_only(stream: io.StringIO) -> None:
    logs.configure(replace(CONFIG, debug=("ingest",)), stream=stream)
    logs.debug(logs.logger("ingest"), "yes")
    logs.debug(logs.logger("auth"), "no")
    assert [line["message"] for line in lines(stream)] == ["yes"]


def test_an_error_carries_its_exception(stream: io.StringIO) -> None:
    logs.configure(CONFIG, stream=stream)
    logs.error(logs.logger("x"), "failed", exception=ValueError("why"))
    assert "ValueError: why" in str(lines(stream)[0]["exception"])


def test_fields_can_be_renamed_for_a_log_store(stream: io.StringIO) -> None:
    logs.configure(CONFIG, stream=stream, rename=lambda line: {"severity": line.pop("level"), **line})
    logs.info(logs.logger("x"), "hello")
    assert lines(stream)[0]["severity"] == "INFO"


def test_a_field_never_hides_what_the_line_says(stream: io.StringIO) -> None:
    logs.configure(CONFIG, stream=stream)
    with logs.context(message="context"):
        logs.info(logs.logger("x"), "hello", level="loud", logger="other")
    (line,) = lines(stream)
    assert (line["message"], line["level"], line["logger"]) == ("hello", "INFO", "trefoil.x")
