"""`nox -s demo`: serve the demo accounts, or with `--check` drive them end to end and exit."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from datetime import date, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

from adapters.local import bootstrap
from adapters.local.__main__ import OWNER_ONLY, port
from adapters.local.server import LocalServer, PortInUse, listen, url
from core.energy import actions
from core.energy.accounts import accounts, settings
from core.energy.readings.periods import day_of
from core.energy.trading import products
from core.kernel import logs
from core.kernel.auth import access, users
from core.kernel.services import Services
from demo import alert, check, files, house, own, settlement, tariffs
from demo.client import Client, Failed
from demo.weather import WeatherStandIn
from tools.options import functions_option
from tools.waiting import NeverCame

GOES_WITHIN = 10
"""Seconds that what is still made is given to see that the server is gone, so that it writes into no removed folder."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="nox -s demo --", description="Trefoil with two demo accounts, on one machine."
    )
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
        later = Thread(target=_later, args=(Client(server.url), server.services), name="later", daemon=True)
        with suppress(KeyboardInterrupt):
            server.run(lambda: _begin(server, mails, later))
        listener.close()  # so that what was sent and never read is refused
        if later.ident:
            later.join(GOES_WITHIN)
    return 0


def _fill(services: Services) -> None:
    """Users, grants, products, the accounts, and the files of the one whose readings are of 2000."""
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
        for account in (files.ACCOUNT, house.ACCOUNT):
            access.grant(documents, "podge", action, account)
    access.grant(documents, "luciano", actions.DELETE, access.EVERY)
    for product in tariffs.PRODUCTS:
        products.save(documents, product)
    contract = [{"product": "green-fixed", "from": "2000-01-01"}, {"product": "night-owl", "from": "2000-07-15"}]
    firm = {"display_name": "Podge & Sons", "contract": contract, "weather_site": "london"}
    for account, chosen in ((files.ACCOUNT, firm), (house.ACCOUNT, house.settings(_today(services)))):
        accounts.ensure(documents, account)
        documents.put(settings.path(account), chosen)
    with tempfile.TemporaryDirectory() as made:
        _drop(services, files.ACCOUNT, files.write(Path(made)))


def _today(services: Services) -> date:
    return day_of(house.LONDON, services.clock())


def _drop(services: Services, account: str, paths: Sequence[Path]) -> None:
    """Put files into the store like anyone's, each at once."""
    store = services.store.folder
    if store is None:
        raise AssertionError("the demo runs on a folder")
    incoming = store / "incoming" / account
    incoming.mkdir(parents=True, exist_ok=True)
    for path in paths:
        shutil.move(path, incoming / path.name)


def _begin(server: LocalServer, mails: Path, later: Thread) -> None:
    """When the server listens: say so, and see to all that is there a moment later."""
    _welcome(server.url, mails)
    later.start()


def _later(podge: Client, services: Services) -> None:
    """The house's readings, an alert, and a settlement of each account; the demo needs none of them to go on."""
    try:
        podge.login(*check.PODGE)
        for _ in _ingested(podge, services):
            pass
        alert.ask(podge, services)
        settlement.ask(podge, files.ACCOUNT, settlement.MONTH, estimate=True)
        last_month = _today(services).replace(day=1) - timedelta(days=1)
        settlement.ask(podge, house.ACCOUNT, f"{last_month:%Y-%m}", estimate=True)
    except (ConnectionError, FileNotFoundError):
        return  # it was told to stop meanwhile, and its server and scratch folder are gone
    except (Failed, NeverCame, OSError, ValueError) as failure:
        print(f"demo: not all of its readings, mails and settlements are there: {failure}", file=sys.stderr)


def _ingested(podge: Client, services: Services) -> Iterator[tuple[str, dict[str, Any]]]:
    """The report of each of the demo's files, waiting for them; those of the house are written first."""
    with tempfile.TemporaryDirectory() as made:
        written = house.write(Path(made), _today(services))
        _drop(services, house.ACCOUNT, written)
    for account, names in ((files.ACCOUNT, files.NAMES), (house.ACCOUNT, [path.name for path in written])):
        for name in names:
            yield name, check.await_report(podge, f"incoming/{account}/{name}")


def _check(server: LocalServer, operator: check.Operator, weather: WeatherStandIn, mails: Path) -> int:
    weather.down.add(check.YORK)
    # A job is made to fail, and the check says so itself.
    logs.configure(server.services.config, sink=lambda *_: None)
    try:
        with server.running():
            client = Client(server.url)
            client.login(*check.PODGE)
            for name, report in _ingested(client, server.services):
                print(
                    f"- {name}: {report['accepted']} of {report['rows']} rows accepted, {report['readings']} readings"
                )
            say = lambda line: print(line if line.startswith(" ") else f"- {line}", flush=True)  # noqa: E731
            check.run(server.url, say)
            check.yesterday(client, _today(server.services), say)
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
Trefoil runs at {base_url} with two demo accounts (Ctrl+C stops it and removes its data)

  {files.ACCOUNT}  three points of a firm: real demand of summer 2000, in three data versions
  {house.ACCOUNT}  a made-up house with panels on its roof, read up to yesterday

  user     password              may
  {user:<8} {password:<21} read, upload, trade, export, settle, change settings on both
  {check.LUCIANO[0]:<8} {check.LUCIANO[1]:<21} delete anything

The API, to read and to try: {base_url}/api/docs
Its mails lie in {mails}: in a moment one says that {alert.DAY} took more than {alert.LIMIT} kWh.

Try:
  TOKEN=$(curl -s {base_url}/api/login -d '{{"user":"{user}","password":"{password}"}}' | python3 -c 'import json,sys;print(json.load(sys.stdin)["access_token"])')
  curl -s -H "Authorization: Bearer $TOKEN" {base_url}/api/accounts/{house.ACCOUNT}/overview
  curl -s -H "Authorization: Bearer $TOKEN" '{base_url}/api/accounts/{files.ACCOUNT}/readings?point={point}&from=2000-07-01&to=2000-07-08&resolution=day&format=csv'
  curl -s -H "Authorization: Bearer $TOKEN" {base_url}/api/forecasts/london
""",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
