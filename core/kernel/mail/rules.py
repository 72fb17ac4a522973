"""What a mail may look like, and how it is refused."""

from __future__ import annotations

import re

from core.kernel.identifiers import EMAIL, LONGEST_EMAIL

VARIABLE = "TREFOIL_MAIL"
LONGEST_SUBJECT = 200


class Refused(Exception):
    """A mail was refused for good: the same will be refused again. The message says by whom, and why."""


def is_address(text: str) -> bool:
    return bool(EMAIL.fullmatch(text)) and len(text) <= LONGEST_EMAIL


def without(address: str, said: str) -> str:
    """What a mail service said, without the address that it says again: it ends up in logs and dead letters."""
    return re.sub(re.escape(address), "the address", said, flags=re.IGNORECASE)


def check(to: str, subject: str) -> None:
    """Raises `ValueError` for what is no address, and for a subject that would be more than a header's one line."""
    if not is_address(to):
        raise ValueError(f"{to!r} is no e-mail address such as ada@example.com")
    if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise ValueError(f"{subject!r} is no subject: give one line of at most {LONGEST_SUBJECT} characters")
