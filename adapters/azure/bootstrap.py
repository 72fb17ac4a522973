"""The composition root on Azure, and what each invocation adds to the log lines."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import azure.functions as func

from adapters.azure.sender import StorageQueues
from adapters.azure.signer import BlobSigner
from adapters.azure.workflows import DurableRuns
from core.kernel import logs, telemetry
from core.kernel.clock import system_clock
from core.kernel.config import Config
from core.kernel.mail.chosen import notifier
from core.kernel.services import Notifier, Services, compose

PROVIDER = "azure"


@cache
def services() -> Services:
    """Everything the handlers need, made at the first invocation of a worker and kept for its life.

    TREFOIL_SIGNING_KEY is PEM text: the platform itself resolves a Key Vault reference in an app setting.
    https://learn.microsoft.com/azure/app-service/app-service-key-vault-references
    Raises `ConfigError` for a variable that is bad.
    """
    config = Config.from_environment(os.environ)
    if endpoint := os.environ.get("IDENTITY_ENDPOINT"):
        # Where the platform gives out tokens: obstore knows its name for it, deltalake only those of AZURE_*.
        os.environ.setdefault("AZURE_IDENTITY_ENDPOINT", endpoint)
    telemetry.configure(os.environ, PROVIDER, at_once=True)
    logs.configure(config, sink=_to_host)
    return compose(
        PROVIDER,
        os.environ,
        config,
        signing_key=lambda: config.signing_key,
        signer=lambda store, _: BlobSigner(store, os.environ, system_clock),
        queues=lambda _: StorageQueues(os.environ),
        workflows=lambda _: DurableRuns(),
        notifier=notifier(
            config,
            "https://NAME.communication.azure.com, ",
            {"https": lambda: _mails(config), "http": lambda: _mails(config)},
        ),
    )


def _mails(config: Config) -> Notifier:
    from adapters.azure.mail import CommunicationServices  # only where mails are sent so

    return CommunicationServices(config.mail, config.mail_from)


@contextmanager
def invocation(function: str, context: func.Context) -> Iterator[Services]:
    """The services, with every line logged inside carrying the invocation's own ids."""
    found = services()
    parent = str(getattr(context.trace_context, "Traceparent", "") or "").split("-")
    trace = {"trace": parent[1]} if len(parent) == 4 else {}
    with logs.context(function=function, invocation=context.invocation_id, **trace):
        yield found


_host = logging.getLogger("function")
_host.setLevel(logging.DEBUG)


def _to_host(level: int, line: str) -> None:
    """Hands each JSON line to the worker's own log stream, which the host keeps as a trace in Application Insights.

    The line is the trace's message (`parse_json(message)` in a query); severity and operation id are the host's.
    """
    _host.log(level, "%s", line)
