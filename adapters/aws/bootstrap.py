"""The composition root on AWS, and what each invocation adds to the log lines."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol

from adapters.aws.calls import SqsQueues, read_key
from adapters.aws.signer import S3Signer
from adapters.aws.workflows import StepFunctions
from core.kernel import logs, telemetry
from core.kernel.clock import system_clock
from core.kernel.config import Config
from core.kernel.mail.chosen import notifier
from core.kernel.services import Notifier, Services, compose

PROVIDER = "aws"
_NAMES = {"time": "timestamp", "invocation": "requestId", "trace": "xray_trace_id"}


class LambdaContext(Protocol):
    """What the handlers use of the context that the runtime interface client passes."""

    aws_request_id: str


Handler = Callable[[Any, LambdaContext], Any]
"""What Lambda calls with an event."""


@cache
def services() -> Services:
    """Everything the handlers need, made at the first invocation of a sandbox and kept for its life.

    Raises `ConfigError` for a variable that is bad.
    """
    config = Config.from_environment(os.environ)
    telemetry.configure(os.environ, PROVIDER, at_once=True)
    logs.configure(config, rename=_cloudwatch)
    return compose(
        PROVIDER,
        os.environ,
        config,
        signing_key=lambda: read_key(config.signing_key, os.environ),
        signer=lambda store, _: S3Signer(store, os.environ, system_clock),
        queues=lambda _: SqsQueues(config.queues, os.environ),
        workflows=lambda _: StepFunctions(config.workflows, os.environ),
        notifier=notifier(config, "ses, ", {"ses": lambda: _ses(config)}),
    )


def _ses(config: Config) -> Notifier:
    from adapters.aws.mail import Ses  # only where mails are sent so

    return Ses(config.mail, config.mail_from, os.environ)


@contextmanager
def invocation(function: str, context: LambdaContext) -> Iterator[Services]:
    """The services, with every line logged inside carrying the invocation's own ids."""
    found = services()
    with named(function, context):
        yield found


def named(function: str, context: LambdaContext) -> logs.context:
    """Every line logged inside carries the invocation's own ids."""
    # The trace header is set anew for each invocation by the runtime interface client (only when tracing is on).
    trace = os.environ.get("_X_AMZN_TRACE_ID", "")
    return logs.context(function=function, invocation=context.aws_request_id, **({"trace": trace} if trace else {}))


def _cloudwatch(line: dict[str, Any]) -> dict[str, Any]:
    """The names that Lambda's own JSON log lines have, which Logs Insights and log-level filters know.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
    """
    return {_NAMES.get(name, name): value for name, value in line.items()}
