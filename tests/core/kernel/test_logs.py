from __future__ import annotations

import io
import json
import logging
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.kernel import logs
from core.kernel.config import Config
from core.kernel.errors import Code

CONFIG = Config("memory:///", "https://issuer.example", "trefoil", "key")


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


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


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02 00:00:00+00:00"),
        (Code.INVALID, "Code.INVALID"),
        (b"bytes", "b'bytes'"),
        (Decimal("1.50"), "1.50"),
        (["a", {"b": None}], ["a", {"b": None}]),
        (("\ud800",), ["\ud800"]),
        (10**30, 10**30),
        (float("nan"), None),
        (True, True),
    ],
    ids=str,
)
def test_what_json_has_no_form_for_is_written_as_its_text(stream: io.StringIO, value: Any, written: Any) -> None:
    logs.configure(CONFIG, stream=stream)
    logs.info(logs.logger("x"), "hello", value=value)
    (line,) = lines(stream)
    assert line["value"] == written


@given(st.text(alphabet=st.characters(exclude_categories=())), st.text(alphabet=st.characters(exclude_categories=())))
def test_any_text_is_one_line_of_json_that_a_stream_takes(message: str, value: str) -> None:
    bytes_ = io.BytesIO()
    logs.configure(CONFIG, stream=io.TextIOWrapper(bytes_, encoding="utf-8", newline="\n", write_through=True))
    logs.info(logs.logger("x"), message, value=value)
    text = bytes_.getvalue().decode()
    assert text.count("\n") == 1
    # A pair of halves is the whole character, in JSON's escapes as in UTF-16.
    line, halves = json.loads(text), [one.encode("utf-16", "surrogatepass") for one in (message, value)]
    assert [line[name].encode("utf-16", "surrogatepass") for name in ("message", "value")] == halves


def test_a_line_that_cannot_be_written_says_so_and_fails_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    closed = io.StringIO()
    closed.close()
    logs.configure(CONFIG, stream=closed)
    logs.info(logs.logger("x"), "hello")
    logs.configure(CONFIG)
    logs.info(logs.logger("y"), "hello", value={("a", "b"): 1})
    first, second = capsys.readouterr().err.splitlines()
    assert first == "a line of trefoil.x could not be written: ValueError('I/O operation on closed file')"
    assert second.startswith("a line of trefoil.y could not be written: TypeError")


def test_warnings_of_an_adopted_library_are_lines_too(stream: io.StringIO) -> None:
    logs.configure(CONFIG, stream=stream)
    logs.adopt("another.library")
    other = logging.getLogger("another.library")
    other.info("not of interest")
    try:
        raise ValueError("why")
    except ValueError:
        with logs.context(request_id="1"):
            other.exception("failed for the %dth time", 3)
    (line,) = lines(stream)
    assert (line["level"], line["logger"], line["request_id"]) == ("ERROR", "another.library", "1")
    assert line["message"] == "failed for the 3th time"
    assert str(line["exception"]).endswith("ValueError: why")


def test_the_level_holds_for_all_but_the_namespaces_that_are_debugged(stream: io.StringIO) -> None:
    logs.configure(replace(CONFIG, log_level="ERROR", debug=("ingest",)), stream=stream)
    for namespace in ("ingest", "auth"):
        for write in (logs.debug, logs.info, logs.warning, logs.error):
            write(logs.logger(namespace), namespace)
    assert [(line["message"], line["level"]) for line in lines(stream)] == [
        ("ingest", "DEBUG"),
        ("ingest", "INFO"),
        ("ingest", "WARNING"),
        ("ingest", "ERROR"),
        ("auth", "ERROR"),
    ]


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
