"""Run one function on one native event, through the true adapter of a provider.

`python -m tools.invoke FUNCTION --provider P --event FILE` prints the result as JSON. The store and the other settings
are those of the environment; without any, a folder of this machine (`./trefoil-data`) serves every provider, and what
the function sends to a queue is shown.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from adapters.local import bootstrap
from core.kernel.config import ConfigError
from core.kernel.errors import TrefoilError
from core.kernel.events import UnknownEvent
from core.kernel.functions import chosen
from core.kernel.triggers import Http, Schedule, Step, Trigger
from tools.functions import choose
from tools.options import functions_option
from tools.queue_stand_in import QueueStandIn

ROOT = Path(__file__).parents[1]
BASE_URL = "http://127.0.0.1:8000"


def local(function: str, event: Any) -> Any:
    from adapters.local.invoke import invoke

    return invoke(bootstrap.services(os.environ, base_url=BASE_URL), function, event)


def aws(function: str, event: Any) -> Any:
    """What Lambda's runtime interface client does: the handler, with the event and a context."""
    handler = getattr(import_module("adapters.aws.main"), function)
    return handler(event, SimpleNamespace(aws_request_id=str(uuid4())))


def gcp(function: str, event: Any) -> Any:
    """The event is the HTTP request that the platform sends to functions-framework, which is asked to answer it."""
    import functions_framework

    kind = "http" if isinstance(_trigger(function), Http | Step) else "cloudevent"
    app = functions_framework.create_app(  # type: ignore[no-untyped-call]
        function, str(ROOT / "adapters" / "gcp" / "main.py"), kind
    )
    app.testing = True  # so that an exception arrives here and not as a page
    body = event.get("body", "")
    data = body if isinstance(body, str) else json.dumps(body)
    reply = app.test_client().open(event["path"], method=event["method"], headers=event["headers"], data=data)
    return {"status": reply.status_code, "headers": list(reply.headers), "body": reply.get_data(as_text=True)}


def azure(function: str, event: Any) -> Any:
    """What the worker does: the trigger's object made of the event, and the function's own code."""
    import azure.functions as func
    from azure.functions.timer import TimerRequest

    functions = _azure_functions()
    context = SimpleNamespace(invocation_id=str(uuid4()), trace_context=SimpleNamespace(Traceparent=""))
    trigger = _trigger(function)
    if isinstance(trigger, Step):
        return functions[function](json.dumps(event), context)
    body = event.get("body", "")
    data = (body if isinstance(body, str) else json.dumps(body)).encode()
    if isinstance(trigger, Http):
        params = dict(part.partition("=")[::2] for part in urlsplit(event["url"]).query.split("&"))
        request = func.HttpRequest(
            event["method"], event["url"], headers=event["headers"], params=params, route_params={}, body=data
        )
        reply = functions[function](request, context)
        body = reply.get_body().decode(errors="replace")
        return {"status": reply.status_code, "headers": dict(reply.headers), "body": body}
    if isinstance(trigger, Schedule):
        return functions[function](TimerRequest(past_due=bool(event["IsPastDue"])), context)
    return functions[function](func.QueueMessage(id=event["id"], body=data), context)


def _trigger(function: str) -> Trigger:
    return chosen(os.environ).named(function).trigger


@cache
def _azure_functions() -> dict[str, Callable[..., Any]]:
    """An app can be asked for its functions only once."""
    app = import_module("adapters.azure.app").app
    return {one.get_function_name(): one.get_user_function() for one in app.get_functions()}


PROVIDERS: dict[str, Callable[[str, Any], Any]] = {"local": local, "aws": aws, "gcp": gcp, "azure": azure}


def complete(folder: Path, queue: dict[str, str]) -> None:
    """Complete the environment: what is not set is taken from a local folder, and from the variables of a queue.

    A store of a cloud keeps its own credentials; there the queues are whatever is set.
    """
    found = bootstrap.environment(folder, BASE_URL)
    if urlsplit(found["TREFOIL_STORE"]).scheme in ("file", "memory") and "TREFOIL_QUEUES" not in found:
        found = {**queue, **found}
    found["TREFOIL_SIGNING_KEY"] = bootstrap.read_key(found["TREFOIL_SIGNING_KEY"])
    os.environ.update(found)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="nox -s invoke --", description=__doc__.split("\n\n")[0])
    parser.add_argument("function")
    parser.add_argument("--provider", choices=list(PROVIDERS), default="local")
    parser.add_argument("--event", required=True, type=Path, help="a JSON file; see tests/events")
    parser.add_argument("--folder", type=Path, default=bootstrap.DEFAULT_FOLDER, help="data, where no store is set")
    functions_option(parser)
    options = parser.parse_args(arguments)
    queue = QueueStandIn()
    try:
        choose(options).named(options.function)
        event = json.loads(options.event.read_text())
        complete(options.folder, {} if options.provider == "local" else queue.environment(options.provider))
        result = PROVIDERS[options.provider](options.function, event)
    except KeyError as error:
        print(f"the event lacks {error}; see tests/events/{options.provider}", file=sys.stderr)
        return 1
    except (ConfigError, OSError, TrefoilError, UnknownEvent, ValueError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    finally:
        queue.close()
    for name, message in queue.sent:
        print(f"sent to the queue {name}, which is nobody's here: {message}", file=sys.stderr)
    print(json.dumps(result, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
