"""Waiting until what was deployed answers, telling meanwhile what it says."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from urllib.error import HTTPError
from urllib.request import Request, urlopen

PATIENCE_S = 30 * 60
"""Front Door takes up to 20 minutes until each of its places knows a new site."""
WITH_DOMAIN_S = 90 * 60
"""With a domain of one's own, whose certificate takes up to an hour more."""
PAUSE_S = 10


class NoAnswer(Exception):
    """What was waited for did not answer in time. The message says what it answered last."""


def until_they_answer(
    urls: Mapping[str, str],
    say: Callable[[str], None] = print,
    *,
    patience_s: float = PATIENCE_S,
    pause_s: float = PAUSE_S,
) -> None:
    """Return when each of the URLs, by what they are called, has answered 200; raise `NoAnswer` otherwise.

    Says at once what comes, and every half minute what is still waited for.
    """
    began, told = time.monotonic(), 0.0
    waiting = dict(urls)
    while True:
        answers = {name: _answer(url) for name, url in waiting.items()}
        waited = time.monotonic() - began
        for name, answer in answers.items():
            if answer == "200":
                say(f"{name} answers, after {waited:.0f} s: {waiting.pop(name)}")
        if not waiting:
            return
        left = ", ".join(f"{name} says {answers[name]}" for name in waiting)
        if waited > patience_s:
            raise NoAnswer(
                f"{left}, for {waited / 60:.0f} minutes now ({', '.join(waiting.values())}). What was made is there: "
                "look at the alarms and the logs, then run this again"
            )
        if told == 0 or waited - told >= 30:
            say(f"waiting since {waited:.0f} s: {left}")
            told = max(waited, 0.001)
        time.sleep(pause_s)


def _answer(url: str) -> str:
    """The status of a GET, or why there is none."""
    try:
        with urlopen(Request(url, headers={"Cache-Control": "no-cache"}), timeout=35) as reply:  # noqa: S310  https
            return str(reply.status)
    except HTTPError as error:
        return str(error.code)
    except (OSError, HTTPException) as error:
        return str(getattr(error, "reason", error)) or type(error).__name__
