"""`nox -s demo -- --functions NAME`: a function set of one's own, served from a folder that goes when it stops."""

from __future__ import annotations

import json
import socket
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

from adapters.local import bootstrap
from adapters.local.server import LocalServer, url
from core.kernel.auth import access, users
from core.kernel.config import ConfigError
from core.kernel.functions import ADMIN, VARIABLE
from core.kernel.services import Services
from core.kernel.triggers import Misdeclared, Object, Queue, Schedule

USER, PASSWORD = "ada", "ada-may-do-everything"
SAYS = {"TREFOIL_LOG_LEVEL": "INFO"}


def run(listener: socket.socket, functions: str, variables: Mapping[str, str], *, check: bool) -> int:
    """Serve until it is told to stop; with `check` only ask whether it answers. `variables` are the set's own."""
    with tempfile.TemporaryDirectory(prefix="trefoil-demo-") as name:
        # Never the caller's own store or keys, for the password is public.
        own = {key: value for key, value in variables.items() if not key.startswith("TREFOIL_")}
        given = {**SAYS, **own, VARIABLE: functions}
        try:
            server = LocalServer(listener, bootstrap.environment(Path(name), url(listener), given=given))
        except (ConfigError, Misdeclared) as error:
            print(f"demo: {error}", file=sys.stderr)
            return 1
        services = server.services
        users.save(services.documents, services.clock, USER, PASSWORD)
        for action in (*services.functions.actions, ADMIN):
            access.grant(services.documents, USER, action, access.EVERY)
        if check:
            return _check(server)
        with suppress(KeyboardInterrupt):
            server.run(lambda: _welcome(server.url, services))
    return 0


def _check(server: LocalServer) -> int:
    with server.running():
        for path in ("/api/health", "/api/openapi.json"):
            with urlopen(server.url + path, timeout=30) as reply:  # noqa: S310  the scheme is the server's own
                answer = json.load(reply)
    print(f"OK: {answer['info']['title']} answers at {', '.join(sorted(answer['paths']))}")
    return 0


def _welcome(base_url: str, services: Services) -> None:
    folder, functions = services.store.folder, services.functions
    print(f"\n{functions.title} runs at {base_url} (Ctrl+C stops it and removes its data)\n")
    print(f"  user {USER}, password {PASSWORD}, who may do everything")
    for one in functions.of(Object):
        print(f"  {one.name}: drop a file into {folder}/{one.trigger.source}")
    for one in functions.of(Queue):
        print(f"  {one.name}: takes from the queue {one.queue}")
    for one in functions.of(Schedule):
        print(f"  {one.name}: fires at {services.cron(one)} (UTC), and once now if that was never done")
    print(f"  documents lie in {folder}\n\nTry it in a browser: {base_url}/api/docs\n", flush=True)
