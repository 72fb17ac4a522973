"""Google Cloud's Workflows on this machine: `workflows-emulator` 1.10.0, mended where it does otherwise than the service.

Runs in an environment of its own (requirements/workflows.txt), whose Python it is started with. Serves what the company's
functions ask, executions.create, and in place of a deployment `PUT /NAME` with the definition and its `step_url`.
Waits between two attempts are a tenth as long. Each mend names the page that says how the service does it. Not proven
by it: OIDC tokens are sent but nobody checks them, and the service's own limits.
"""

import copy
import json
import os
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import requests
from jsonschema import validate
from workflows_emulator import main, render, utils
from workflows_emulator.lib import http_utils

AT_ONCE = 20
TENTH = 0.1
EXECUTION = "projects/local/locations/local/workflows/{}/executions/{}"


class Scope(dict):
    """A branch's variables over those around it: writes stay in it, but of shared names.

    https://cloud.google.com/workflows/docs/reference/syntax/parallel-steps#shared-variables
    """

    def __init__(self, outer, shared):
        super().__init__()
        self._outer, self._shared = outer, shared

    def _all(self):
        outer = self._outer._all() if isinstance(self._outer, Scope) else self._outer
        return {**outer, **{name: dict.__getitem__(self, name) for name in dict.keys(self)}}

    def __getitem__(self, name):
        return dict.__getitem__(self, name) if dict.__contains__(self, name) else self._outer[name]

    def __setitem__(self, name, value):
        if name in self._shared:
            self._outer[name] = value
        else:
            dict.__setitem__(self, name, value)

    def own(self, name, value):
        dict.__setitem__(self, name, value)

    def __contains__(self, name):
        return dict.__contains__(self, name) or name in self._outer

    def get(self, name, default=None):
        return self[name] if name in self else default  # noqa: SIM401  which would be itself

    def keys(self):
        return self._all().keys()

    def items(self):
        return self._all().items()

    def values(self):
        return self._all().values()

    def __iter__(self):
        return iter(self._all())

    def __len__(self):
        return len(self._all())

    def update(self, other=(), **more):
        for name, value in dict(other, **more).items():
            if name not in self or self[name] is not value:
                self[name] = value

    def pop(self, name, *default):
        return dict.pop(self, name, *default)

    def __deepcopy__(self, memo):
        return copy.deepcopy(self._all(), memo)


def parallel(step):
    """At most `concurrency_limit` and 20 at once; all run to their ends, and then their errors are raised together.

    https://cloud.google.com/workflows/docs/reference/syntax/parallel-steps
    """
    inner = step.config["parallel"]
    shared = inner.get("shared", [])
    tasks = []
    if "for" in inner:
        loop = inner["for"]
        for place, value in enumerate(main.render_config(loop["in"], step.context)):
            scope = Scope(step.context, shared)
            scope.own(loop["value"], value)
            scope.own(loop["index"], place)
            tasks.append((str(place), {"steps": loop["steps"]}, scope))
    else:
        for branch in inner["branches"]:
            ((name, config),) = branch.items()
            tasks.append((name, config, Scope(step.context, shared)))
    errors = {}

    def one(task):
        name, config, scope = task
        try:
            main.execute_step(name, config, scope)
        except utils.WorkflowError as error:
            errors[name] = error

    with ThreadPoolExecutor(min(inner.get("concurrency_limit") or AT_ONCE, AT_ONCE)) as branches:
        list(branches.map(one, tasks))
    step.check_raise_results(errors)
    return step.context, step.config.get("next"), None


def switch(step):
    """The first condition that holds. https://cloud.google.com/workflows/docs/reference/syntax/conditions"""
    for way in step.config["switch"]:
        if main.render_config(way["condition"], step.context) is True:
            rest = {name: value for name, value in way.items() if name != "condition"}
            context, following, value = main.execute_step(step.step_id, rest, step.context)
            if following is not None or value is not None:
                return context, following, value
            break
    return step.context, step.config.get("next"), None


def retry(step):
    """`max_delay` is the longest wait, not the end of the retrying; after the last attempt nobody waits.

    https://cloud.google.com/workflows/docs/reference/syntax/retrying
    """
    config = main.render_config(step.config["retry"], step.context)
    backoff = config["backoff"]
    delay = backoff["initial_delay"]
    for attempt in range(config["max_retries"] + 1):
        try:
            return main.execute_step(step.step_id, step.config["try"], step.context)
        except utils.WorkflowError as error:
            known = main.keep_only_subworkflows(step.context)
            asked = main.execute_subworkflow(config["predicate"], {"e": error.payload}, known)
            if asked and attempt < config["max_retries"]:
                time.sleep(min(delay, backoff["max_delay"]) * TENTH)
                delay *= backoff["multiplier"]
                continue
            if "except" not in step.config:
                raise
            step.context[step.config["except"]["as"]] = error.payload
            return main.execute_steps_list(step.config["except"]["steps"], step.context)
    raise AssertionError("the last attempt returns or raises")


def mended(execute):
    """A time-out and a refused connection have tags of their own.

    https://cloud.google.com/workflows/docs/reference/syntax/error-types
    """

    def step(step_id, config, context):
        try:
            return execute(step_id, config, context)
        except requests.Timeout as error:
            raise utils.WorkflowError(message=str(error), tags=["TimeoutError"]) from None
        except requests.ConnectionError as error:
            raise utils.WorkflowError(message=str(error), tags=["ConnectionFailedError"]) from None

    return step


def authenticated(request):
    """An ID token for the URL, which the emulator can't get. https://cloud.google.com/workflows/docs/authenticate-from-workflow"""

    def send(method, url, auth=None, **how):
        if auth and auth["type"] == "OIDC":
            how["headers"] = {**how.get("headers", {}), "Authorization": f"Bearer token-for-{url}"}
        return request(method, url, **how)

    return send


# https://cloud.google.com/workflows/docs/reference/syntax/datatypes: the emulator evaluates Python.
render.STANDARD_LIBRARY.update(true=True, false=False, null=None)
main.StepParallel.execute = parallel
main.StepSwitch.execute = switch
main.StepRetry.execute = retry
main.execute_step = mended(main.execute_step)
http_utils.request = authenticated(http_utils.request)


class Workflows(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    defined: ClassVar = {}

    def do_PUT(self):
        definition = self._body()
        validate(definition["source"], main.WORKFLOW_SCHEMA)
        # In place of user_env_vars, which the emulator would read from the environment of all workflows.
        url = json.dumps(definition["step_url"])
        text = json.dumps(definition["source"]).replace(json.dumps('${sys.get_env("TREFOIL_STEP_URL")}'), url)
        self.defined[self.path.strip("/")] = json.loads(text)
        self._reply({})

    def do_POST(self):
        name = self.path.split("/")[-2]
        argument = json.loads(self._body()["argument"])
        definition = copy.deepcopy(self.defined[name])
        threading.Thread(target=execute, args=(definition, argument), daemon=True).start()
        self._reply({"name": EXECUTION.format(name, uuid.uuid4()), "state": "ACTIVE"})

    def _body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def _reply(self, body):
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


def execute(definition, argument):
    try:
        main.execute_workflow(definition, {"args": argument})
    except Exception as error:  # noqa: BLE001  as an execution that failed: its end was noted before
        print(f"{argument['run']}: {getattr(error, 'payload', error)!r}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    os.environ.pop("HTTP_PROXY", None)
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Workflows).serve_forever()
