"""The composition root on Google Cloud, and what each invocation adds to the log lines."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from adapters.gcp.publisher import PubSubQueues
from adapters.gcp.signer import GcsSigner
from adapters.gcp.workflows import CloudWorkflows
from core.kernel import logs, telemetry
from core.kernel.clock import system_clock
from core.kernel.config import Config, ConfigError
from core.kernel.mail.chosen import notifier
from core.kernel.services import Services, compose

PROVIDER = "gcp"


@cache
def services() -> Services:
    """Everything the handlers need, made at the first invocation of an instance and kept for its life.

    Raises `ConfigError` for a variable that is bad.
    """
    config = Config.from_environment(os.environ)
    telemetry.configure(os.environ, PROVIDER, at_once=True)
    logs.configure(config, rename=_cloud_logging)
    return compose(
        PROVIDER,
        os.environ,
        config,
        signing_key=lambda: _read_key(config.signing_key),
        signer=lambda store, _: GcsSigner(store, system_clock),
        queues=lambda _: PubSubQueues(config.queues, os.environ),
        workflows=lambda _: CloudWorkflows(config.workflows, os.environ),
        notifier=notifier(config, "", {}),
    )


@contextmanager
def invocation(function: str, trace: str = "") -> Iterator[Services]:
    """The services, with every line logged inside carrying the function and the platform's trace."""
    found = services()
    with logs.context(function=function, **({"trace": trace} if trace else {})):
        yield found


def _read_key(reference: str) -> str:
    """PEM text as it is (a secret in the environment), or a `file:///` secret volume, which follows its rotation.

    https://cloud.google.com/run/docs/configuring/services/secrets
    """
    if not reference.startswith("file://"):
        return reference
    path = Path(unquote(urlsplit(reference).path))
    try:
        return path.read_text()
    except OSError as error:
        raise ConfigError("TREFOIL_SIGNING_KEY", f"{path} can't be read: {error.strerror}") from None


def _cloud_logging(line: dict[str, Any]) -> dict[str, Any]:
    """The special fields of structured logging. https://cloud.google.com/logging/docs/structured-logging"""
    line["severity"] = line.pop("level")
    if trace := line.pop("trace", ""):
        project = os.environ.get("GOOGLE_CLOUD_PROJECT", "-")
        line["logging.googleapis.com/trace"] = f"projects/{project}/traces/{trace}"
    return line
