"""Structured logs: one JSON object a line, with the fields that a log store indexes.

Loggers are the standard library's, named `trefoil.<namespace>`. `TREFOIL_DEBUG=ingest,auth` turns on debug lines of
those namespaces only. Passwords, tokens and keys are never passed to a logger; extra fields go in `fields=`.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TextIO

from core.kernel.config import Config

_context: ContextVar[Mapping[str, Any]] = ContextVar("trefoil_log_context", default=MappingProxyType({}))

Rename = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns core's field names into those that one cloud's log store indexes."""


def logger(namespace: str) -> logging.Logger:
    return logging.getLogger(f"trefoil.{namespace}")


def info(log: logging.Logger, message: str, **fields: Any) -> None:
    log.info(message, extra={"fields": fields})


def debug(log: logging.Logger, message: str, **fields: Any) -> None:
    log.debug(message, extra={"fields": fields})


def warning(log: logging.Logger, message: str, **fields: Any) -> None:
    log.warning(message, extra={"fields": fields})


def error(log: logging.Logger, message: str, *, exception: BaseException | None = None, **fields: Any) -> None:
    log.error(message, extra={"fields": fields}, exc_info=exception)


@contextmanager
def context(**fields: Any) -> Iterator[None]:
    """Every line logged inside carries these fields (function, request_id, trace), in this thread and its context."""
    token = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(token)


class JsonFormatter(logging.Formatter):
    def __init__(self, rename: Rename | None = None) -> None:
        super().__init__()
        self._rename = rename

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        # What the line is about never hides what it says.
        for name, value in {**_context.get(), **getattr(record, "fields", {})}.items():
            line.setdefault(name, value)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        text = json.dumps(self._rename(line) if self._rename else line, default=str, ensure_ascii=False)
        # Half a character, as a name or an event may hold, would fail in the stream: it is written as JSON's escape.
        return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def adopt(name: str) -> None:
    """Write the warnings and errors of another library's logger as Trefoil's own; after `configure`."""
    other = logging.getLogger(name)
    other.handlers[:] = logging.getLogger("trefoil").handlers
    other.propagate = False
    other.setLevel(logging.WARNING)


def configure(
    config: Config,
    *,
    stream: TextIO | None = None,
    handler: logging.Handler | None = None,
    rename: Rename | None = None,
) -> None:
    """Send Trefoil's log lines to `handler`, or to `stream` (standard error); calling again replaces that."""
    handler = handler or logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(rename))
    root = logging.getLogger("trefoil")
    root.handlers[:] = [handler]
    root.propagate = False
    root.setLevel(config.log_level)
    for namespace in config.debug:
        logger(namespace).setLevel(logging.DEBUG)
