"""Structured logs: one JSON object a line, with the fields that a log store indexes.

A line's `logger` is `trefoil.<namespace>`. `TREFOIL_DEBUG=ingest,auth` turns on debug lines of those namespaces only.
Passwords, tokens and keys are never passed to a logger. A line that can't be written never fails who wrote it.

The standard library's loggers are for other libraries, which `adopt` has write here; the record that they make of each
line takes longer than the line itself.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar, Token
from threading import RLock
from types import MappingProxyType
from typing import Any, TextIO

import msgspec
from msgspec import Struct

from core.kernel.clock import system_clock
from core.kernel.config import Config

Rename = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns core's field names into those that one cloud's log store indexes."""

Sink = Callable[[int, str], None]
"""Takes the level of a line, as the standard library numbers it, and the line without its end."""

_PLAIN = frozenset({str, int, float, bool, type(None)})
_encoder = msgspec.json.Encoder()
_context: ContextVar[Mapping[str, Any]] = ContextVar("trefoil_log_context", default=MappingProxyType({}))


class Logger(Struct, frozen=True):
    """Whose lines they are: what TREFOIL_DEBUG names."""

    namespace: str


class _Output(Struct, frozen=True):
    """Where lines go, and which."""

    sink: Sink
    level: int
    debug: tuple[str, ...] = ()
    rename: Rename | None = None


def to_stream(stream: TextIO) -> Sink:
    """Whole lines, whatever threads write them."""
    lock = RLock()  # what is collected amid a line may write one of its own, as asyncio's tasks do

    def write(_: int, line: str) -> None:
        with lock:
            stream.write(line + "\n")
            stream.flush()

    return write


_output = _Output(lambda _, line: print(line, file=sys.stderr), logging.WARNING)  # until `configure` replaces it


def configure(
    config: Config, *, stream: TextIO | None = None, sink: Sink | None = None, rename: Rename | None = None
) -> None:
    """Send Trefoil's log lines to `sink`, or to `stream` (standard error); calling again replaces that."""
    global _output
    level = logging.getLevelNamesMapping()[config.log_level]
    _output = _Output(sink or to_stream(stream or sys.stderr), level, config.debug, rename)


def logger(namespace: str) -> Logger:
    return Logger(namespace)


def info(log: Logger, message: str, **fields: Any) -> None:
    _log(log, logging.INFO, message, fields)


def debug(log: Logger, message: str, **fields: Any) -> None:
    _log(log, logging.DEBUG, message, fields)


def warning(log: Logger, message: str, **fields: Any) -> None:
    _log(log, logging.WARNING, message, fields)


def error(log: Logger, message: str, *, exception: BaseException | None = None, **fields: Any) -> None:
    _log(log, logging.ERROR, message, fields, exception)


class context:  # noqa: N801  read as the function that it replaces: with logs.context(...)
    """Every line logged inside carries these fields (function, request_id, trace), in this thread and its context."""

    __slots__ = ("_fields", "_token")

    def __init__(self, **fields: Any) -> None:
        self._fields = fields

    def __enter__(self) -> None:
        self._token: Token[Mapping[str, Any]] = _context.set({**_context.get(), **self._fields})

    def __exit__(self, *_: object) -> None:
        _context.reset(self._token)


def adopt(name: str) -> None:
    """Write the warnings and errors of another library's logger as Trefoil's own."""
    other = logging.getLogger(name)
    other.handlers[:] = [_Adopted()]
    other.propagate = False
    other.setLevel(logging.WARNING)


class _Adopted(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        failed = record.exc_info[1] if record.exc_info else None
        _write(_output, record.levelno, record.name, record.getMessage(), {}, failed)


def _log(
    log: Logger, level: int, message: str, fields: Mapping[str, Any], exception: BaseException | None = None
) -> None:
    output = _output
    if level >= output.level or log.namespace in output.debug:
        _write(output, level, f"trefoil.{log.namespace}", message, fields, exception)


def _write(
    output: _Output, level: int, name: str, message: str, fields: Mapping[str, Any], exception: BaseException | None
) -> None:
    try:
        time = system_clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        said = {"time": time, "level": logging.getLevelName(level), "message": message, "logger": name}
        # What the line is about never hides what it says, and comes behind it.
        line: dict[str, Any] = {**said, **_context.get(), **fields, **said}
        if exception is not None:
            line["exception"] = "".join(traceback.format_exception(exception)).removesuffix("\n")
        output.sink(level, _json(output.rename(line) if output.rename else line))
    except Exception as failure:  # noqa: BLE001  whatever it is, what was to be logged is worth more than its line
        with suppress(OSError, ValueError):
            print(f"a line of {name} could not be written: {failure!r}", file=sys.stderr)


def _json(line: dict[str, Any]) -> str:
    try:
        if _PLAIN.issuperset(map(type, line.values())):
            return _encoder.encode(line).decode()
    except (UnicodeEncodeError, OverflowError):  # half a character; a number beyond 64 bits
        pass
    # Anything else is written as its text, where msgspec has a form of its own or none.
    text = json.dumps(line, default=str, ensure_ascii=False, separators=(",", ":"))
    # Half a character, as a name or an event may hold, would fail in the stream: it is written as JSON's escape.
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()
