"""`nox -s demo`: serve the demo account, or with `--check` drive it end to end and exit."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread
from typing import Any

from adapters.local import bootstrap
from adapters.local.__main__ import OWNER_ONLY, port
from adapters.local.server import LocalServer, PortInUse, listen, url
from core.energy import actions
from core.energy.accounts import accounts, settings
from core.energy.trading import products
from core.kernel import logs
from core.kernel.auth import access, users
from core.kernel.services import Services
from demo import alert, check, files, own, tariffs
from demo.client import Client, Failed
from demo.weather import WeatherStandIn
from tools.options import functions_option
from tools.waiting import NeverCame

FILES = ("v1-long.csv", "v2-wide.csv", "v3-long.csv.gz")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="nox -s demo --", description="Trefoil with a demo account, on one machine.")
    parser.add_argument(
        "--port", type=port, default=None, help="where to serve (default: 8000, a free one with --check)"
    )
    parser.add_argument(
        "--check", action="store_true", help="drive the system end to end, print what was done, exit 0 or 1"
    )
    functions_option(parser)
    options = parser.parse_args(arguments)
    wanted = options.port if options.port is not None else 0 if options.check else 8000
    os.umask(OWNER_ONLY)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        listener = listen("127.0.0.1", wanted)
    except PortInUse as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    if options.functions:
        with listener:
            return own.run(listener, options.functions, os.environ, check=options.check)
    with listener, closing(WeatherStandIn()) as weather, tempfile.TemporaryDirectory(prefix="trefoil-demo-") as name:
        folder = Path(name)
        # Never the caller's own store or keys: the demo's passwords are public. And quiet: it says itself what it does.
        sources = {"TREFOIL_FORECAST_URL": weather.url, "TREFOIL_FORECAST_SITES": check.FORECAST_SITES}
        mails = folder / "mail"
        given = {**sources, **alert.variables(mails), "TREFOIL_LOG_LEVEL": "ERROR"}
        variables = bootstrap.environment(folder, url(listener), given=given)
        server = LocalServer(listener, variables)
        _fill(server.services)
        if options.check:
            return _check(server, check.Operator(folder, sources), weather, mails)
        with suppress(KeyboardInterrupt):
            server.run(lambda: _begin(server, mails))
    return 0


def _fill(services: Services) -> None:
    """Users, grants, products, and the demo account's files, dropped into the store like anyone's."""
    documents, clock = services.documents, services.clock
    for user, password in (check.PODGE, check.LUCIANO):
        users.save(documents, clock, user, password)
    for action in (
        actions.READ,
        actions.UPLOAD,
        actions.TRADE,
        actions.EXPORT,
        actions.SETTLE,
        actions.CHANGE_SETTINGS,
    ):
        access.grant(documents, "podge", action, files.ACCOUNT)
    access.grant(documents, "luciano", actions.DELETE, access.EVERY)
    for product in tariffs.PRODUCTS:
        products.save(documents, product)
    accounts.ensure(documents, files.ACCOUNT)
    contract = [{"product": "green-fixed", "from": "2000-01-01"}, {"product": "night-owl", "from": "2000-07-15"}]
    documents.put(
        settings.path(files.ACCOUNT),
        {"display_name": "Podge & Sons", "contract": contract, "weather_site": "london"},
    )
    store = services.store.folder
    if store is None:
        raise AssertionError("the demo runs on a folder")
    incoming = store / "incoming" / files.ACCOUNT
    incoming.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as made:
        for path in files.write(Path(made)):
            shutil.move(path, incoming / path.name)


def _begin(server: LocalServer, mails: Path) -> None:
    """When the server listens: say so, and have an alert mailed once the readings are there."""
    _welcome(server.url, mails)
    podge = Client(server.url)

    def ready() -> None:
        podge.login(*check.PODGE)
        _ingested(podge)

    Thread(target=alert.ask_later, args=(podge, server.services, ready), name="alert", daemon=True).start()


def _ingested(podge: Client) -> list[tuple[str, dict[str, Any]]]:
    """The report of each of the demo's files, waiting for them."""
    return [(name, check.await_report(podge, f"incoming/{files.ACCOUNT}/{name}")) for name in FILES]


def _check(server: LocalServer, operator: check.Operator, weather: WeatherStandIn, mails: Path) -> int:
    weather.down.add(check.YORK)
    # A job is made to fail, and the check says so itself.
    logs.configure(server.services.config, sink=lambda *_: None)
    try:
        with server.running():
            client = Client(server.url)
            client.login(*check.PODGE)
            for name, report in _ingested(client):
                print(
                    f"- {name}: {report['accepted']} of {report['rows']} rows accepted, {report['readings']} readings"
                )
            say = lambda line: print(line if line.startswith(" ") else f"- {line}", flush=True)  # noqa: E731
            check.run(server.url, say)
            alert.check(client, server.services, mails, say)
            check.dead_letter(server.url, operator, weather, say)
    except (Failed, NeverCame) as failure:
        print(f"FAILED: {failure}", file=sys.stderr)
        return 1
    print("OK: the demo does what it should")
    return 0


def _welcome(base_url: str, mails: Path) -> None:
    user, password = check.PODGE
    point = files.POINTS[0].point
    print(
        f"""
Trefoil runs at {base_url} with the demo account {files.ACCOUNT} (Ctrl+C stops it and removes its data)

  user     password              may
  {user:<8} {password:<21} read, upload, trade, export, settle, change settings on {files.ACCOUNT}
  {check.LUCIANO[0]:<8} {check.LUCIANO[1]:<21} delete anything

The API, to read and to try: {base_url}/api/docs
Its mails lie in {mails}: in a moment one says that {alert.DAY} took more than {alert.LIMIT} kWh.

Try:
  TOKEN=$(curl -s {base_url}/api/login -d '{{"user":"{user}","password":"{password}"}}' | python3 -c 'import json,sys;print(json.load(sys.stdin)["access_token"])')
  curl -s -H "Authorization: Bearer $TOKEN" {base_url}/api/accounts/{files.ACCOUNT}/points
  curl -s -H "Authorization: Bearer $TOKEN" '{base_url}/api/accounts/{files.ACCOUNT}/readings?point={point}&from=2000-07-01&to=2000-07-08&resolution=day&format=csv'
  curl -s -H "Authorization: Bearer $TOKEN" {base_url}/api/forecasts/london
""",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
