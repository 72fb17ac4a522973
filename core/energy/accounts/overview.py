"""Which accounts somebody has: those that their grants name, made or not, and with a grant on all, all made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from core.energy.accounts import accounts, settings
from core.energy.accounts.path import granted_by_name
from core.energy.actions import ACTIONS
from core.kernel.auth.access import EVERY, Grant, allows
from core.kernel.documents import Documents
from core.kernel.store import Store, listing_from

EMPTY, READY, DELETING = "empty", "ready", "deleting"


class Ahead(Struct, frozen=True):
    """Names of accounts behind some name, in order, and whether there are more behind the last."""

    names: list[str]
    unsure: int
    """How many of them may turn out to be none."""
    more: bool


class Page(Struct, frozen=True):
    found: list[dict[str, Any]]
    following: str | None
    """The name behind which the next page begins; None when there is none."""


def page(store: Store, granted: frozenset[Grant], *, after: str, limit: int) -> Page:
    """The first `limit` accounts behind the name `after`, ordered by name, each as `told` with what may be done there.

    What it asks of the store depends on the page: a list for a grant on all accounts, and the documents at once.
    """
    named = granted_by_name(granted)
    every = any(grant.resource == EVERY and grant.action in ACTIONS for grant in granted)
    ahead = _made(store, after, limit) if every else Ahead([], 0, more=False)
    names = sorted({name for name in named if name > after} | set(ahead.names))
    if ahead.more:  # what is made behind the last one that was listed is not known
        names = [name for name in names if name <= ahead.names[-1]]
    asked = names[: limit + ahead.unsure]
    found = [one for one in told(Documents(store), asked) if one["status"] != EMPTY or one["account"] in named]
    shown = [
        {**one, "actions": [action for action in ACTIONS if allows(granted, action, one["account"])]}
        for one in found[:limit]
    ]
    if len(found) > limit:
        return Page(shown, shown[-1]["account"])
    return Page(shown, asked[-1] if ahead.more or len(names) > len(asked) else None)


def told(documents: Documents, names: Sequence[str]) -> list[dict[str, Any]]:
    """Of each account its name in the settings, currency and status, in the order given; `empty` is one not made.

    All documents are asked for at once.
    """
    paths = [*map(accounts.path, names), *map(settings.path, names)]
    read = documents.get_many(paths)
    found = []
    for name, document, said in zip(names, read, read[len(names) :], strict=False):
        status = EMPTY if document is None else READY if accounts.identity_in(document) is not None else DELETING
        held = settings.whole(said)
        found.append({"account": name, "name": held["display_name"], "currency": held["currency"], "status": status})
    return found


def _made(store: Store, after: str, limit: int) -> Ahead:
    """The accounts behind a name that were made: at least the first `limit` of them, by one request where that can be.

    A store lists `A-1.json` before `A.json`, so by their paths names come late that end where another goes on with `-`.
    Two things make up for it: the list begins before whatever goes on so behind `after`, and those that may come
    late, because the last that is listed goes on behind them, are asked for by name.
    """
    asked = limit + 1 + after.count("-") + 1  # of what is listed then, `after` and what it goes on from is behind us
    paths = listing_from(store, "accounts", after=f"accounts/{after}-" if after else "", limit=asked)
    listed = [path.removeprefix("accounts/").removesuffix(".json") for path in paths]
    names, late = {name for name in listed if name > after}, set[str]()
    if more := len(paths) == asked:
        last = listed[-1]
        late = {last[:place] for place, letter in enumerate(last) if letter == "-" and last[:place] > after} - names
    return Ahead(sorted(names | late), len(late), more)
