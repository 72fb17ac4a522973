"""Many files at once: of many accounts, and of one. None is lost, none is taken twice, none waits for ever."""

from __future__ import annotations

from core.kernel.clock import system_clock
from tests.contract.system import Harness
from tests.faults.load import files
from tests.faults.load.conftest import Amount
from tests.figures import Tell

AGAIN = 5
"""One of so many files of one account comes a second time, under another name."""


def test_files_of_many_accounts_at_once_are_each_ingested_once(harness: Harness, amount: Amount, figure: Tell) -> None:
    each = amount.files // amount.accounts
    dropped = {
        account: files.made(account, each) for account in (f"Crowd{number:03}" for number in range(amount.accounts))
    }
    # One of each account after the other, so that all accounts' files come at once.
    every = [one for turn in zip(*dropped.values(), strict=True) for one in turn]
    since = system_clock()
    files.drop(harness, every)
    seconds = files.await_reports(harness.store, every)
    for account, its in dropped.items():
        files.assert_each_ingested_once(harness.store, account, its)
    files.assert_no_dead_letters(harness.store, dropped)
    told = files.told(harness, dropped, since)
    figure(f"{len(every):,} files of {len(dropped)} accounts, {len(every) / seconds:.1f} a second; {told}")


def test_files_of_one_account_at_once_are_each_ingested_once_and_none_is_starved(
    harness: Harness, amount: Amount, figure: Tell
) -> None:
    every = files.made("Busy", amount.of_one, again=amount.of_one // AGAIN)
    since = system_clock()
    files.drop(harness, every)
    seconds = files.await_reports(harness.store, every)
    commits = files.assert_each_ingested_once(harness.store, "Busy", every)
    files.assert_no_dead_letters(harness.store, ["Busy"])
    told = files.told(harness, ["Busy"], since)
    figure(f"{len(every)} files of one account in {commits} commits, {len(every) / seconds:.1f} a second; {told}")
