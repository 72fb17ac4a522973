"""The command `accounts` of the console: which there are, one more, and one less, in any store."""

from __future__ import annotations

import argparse
from typing import Any

from core.energy.accounts import accounts, overview
from core.energy.accounts.deletion import DeletionJob, delete_account
from core.kernel.identifiers import ACCOUNT
from core.kernel.services import Services

AT_ONCE = 100
"""Accounts whose documents are read together."""


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list", help="all of them: ready, or deleting; with the name in their settings")
    verbs.add_parser("add", help="make an account; its first file would, too").add_argument("account")
    remove = verbs.add_parser("remove", help="delete an account with all that it has, and the grants on it")
    remove.add_argument("account")


def run(services: Services, options: argparse.Namespace, _: Any) -> int:
    """Do it; raises `ValueError` for a name that is none, or no account's, and `TrefoilError(UNAVAILABLE)`.

    A deletion is the job that the API asks for, done in this process; the daily upkeep goes on with one cut short.
    """
    documents = services.documents
    if options.verb == "list":
        every = accounts.names(documents)
        for first in range(0, len(every), AT_ONCE):
            for one in overview.told(documents, every[first : first + AT_ONCE]):
                print(f"{one['account']:24} {one['status']:8} {one['name']}".rstrip())
        return 0
    if not ACCOUNT.fullmatch(options.account):
        raise ValueError(f"{options.account!r} is no name of an account; letters, digits, - and _, at most 64")
    if options.verb == "add":
        there = accounts.exists(documents, options.account)
        accounts.ensure(documents, options.account)
        print(f"{options.account} {'was there already' if there else 'is there'}")
        return 0
    identity = accounts.identity(documents, options.account)
    if identity is None:
        raise ValueError(f"there is no account {options.account!r} to delete; see: trefoil accounts list")
    removed = delete_account(services, DeletionJob(options.account, identity))["removed"]
    print(f"{options.account} is deleted, with {removed} objects")
    return 0
