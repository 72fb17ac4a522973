"""The command `settle` of the console: a month of one account, or of all, with its progress."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from core.energy.accounts import accounts
from core.energy.settlement import batches, documents
from core.energy.settlement.month import Month
from core.energy.settlement.settings import MOST_AT_ONCE
from core.kernel.services import Services
from core.kernel.workflow import runs

LOOK_EVERY = 1.0
"""Seconds between two looks at how far a batch is."""
STILL = 30
"""Looks without a change after which what has not ended is asked for again."""
MOST_TOLD = 20
"""Accounts that failed, of which it is said why."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--month", required=True, help="a month that is over, as 2026-10")
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--all", action="store_true", help="every account")
    whose.add_argument("--account", help="one account")
    parser.add_argument("--estimate", action="store_true", help="estimate what is missing; else such accounts fail")
    parser.add_argument("--at-once", type=int, default=4, help="accounts at a time (default: %(default)s)")
    parser.add_argument("--name", help="of the batch: the same name goes on with it (default: one of now)")


def settle(
    services: Services, options: argparse.Namespace, working: Callable[[], AbstractContextManager[object]]
) -> int:
    """Begin a batch, or go on with it, and work until it has ended; 1 when an account failed.

    Raises `ValueError` for an option that makes no sense.
    """
    month = Month.named(options.month).name
    if not 1 <= options.at_once <= MOST_AT_ONCE:
        raise ValueError(f"--at-once is {options.at_once}; give 1 to {MOST_AT_ONCE}")
    names = accounts.living(services.documents)
    if options.account and options.account not in names:
        raise ValueError(f"there is no account {options.account!r}")
    names = [options.account] if options.account else names
    batch = options.name or f"{month}-{services.clock():%Y%m%dT%H%M%S}"
    print(f"batch {batch}: {len(names)} accounts, {options.at_once} at once")
    begun = time.monotonic()
    with working():
        document = batches.begin(
            services, batch, names, month=month, estimate=options.estimate, at_once=options.at_once
        )
        if missed := sorted(set(names) - set(document["accounts"])):
            raise ValueError(f"the batch {batch} was begun without {', '.join(missed[:3])}; give another --name")
        found = _watch(services, document)
    seconds = time.monotonic() - begun
    done = found["states"].get(runs.DONE, 0)
    print(f"{done} of {found['accounts']} settled in {seconds:.0f} s")
    for account, error in list(found["failed"].items())[:MOST_TOLD]:
        print(f"{account}: {error['code']}: {error['detail']}")
    if options.account and done:
        _tell(documents.latest(services.documents, options.account, month))
    return 1 if found["failed"] else 0


def _watch(services: Services, document: Mapping[str, Any]) -> dict[str, Any]:
    """How a batch ended; each change of it is printed on the way. What stands still is asked for again."""
    shown, still = None, 0
    while True:
        found = batches.progress(services.documents, document["id"])
        if found is None:
            raise ValueError(f"there is no batch {document['id']!r} any more")
        states = found["states"]
        still = still + 1 if states == shown else 0
        if still and still % STILL == 0:
            batches.go_on(services, document)
        if states != shown:
            shown = states
            print(", ".join(f"{states[state]} {state}" for state in sorted(states)) or "no account", flush=True)
        if not batches.open_(found):
            return found
        time.sleep(LOOK_EVERY)


def _tell(settled: dict[str, Any] | None) -> None:
    if settled is not None:
        guessed = settled["estimated_kwh"]
        estimated = f", of which {guessed} kWh are estimated" if guessed != "0" else ""
        where = f"{settled['account']}, {settled['month']}, version {settled['version']}"
        energy = f"{settled['import_kwh']} kWh taken, {settled['export_kwh']} kWh given{estimated}"
        print(f"{where}: {energy}; {settled['total']} {settled['currency']}")
