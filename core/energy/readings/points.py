"""Metering points: their kinds, the check digits that tell a typing error, and the clock each kind is settled by.

Sources: MPAN, MRA Agreed Procedure and Elexon BSCP 501; NMI, AEMO National Metering Identifier Procedure. ESB
Networks' MPRN and Enedis' PRM have no published check rule. A CUPS and an EAN have check characters, which are left
alone, because the files that people get have them masked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import tzinfo

from msgspec import Struct

from core.energy.readings.zones import named

FREE = "free"
"""The kind of a point that is known by a name of its own."""
LONDON = "Europe/London"
UNKNOWN_ZONE = "UTC"
"""By which a point with a name of its own is settled, where nothing says otherwise."""
TEXT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._:/+#-]{0,62}[A-Za-z0-9._:/+#-])?")
"""What any point is written with."""


class Kind(Struct, frozen=True):
    """A kind of points: what one looks like, why one that does is none, and the zone of its settlement days."""

    name: str
    zone: str
    form: re.Pattern[str]
    flaw: Callable[[str], str | None] | None = None


def mpan_digit(core: str) -> str:
    """The thirteenth digit of an MPAN, from its first twelve."""
    weights = (3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43)
    return str(sum(int(digit) * weight for digit, weight in zip(core, weights, strict=True)) % 11 % 10)


def nmi_digit(nmi: str) -> str:
    """The eleventh character of an NMI, from its ten: Luhn's rule over the characters' ASCII codes."""
    total = 0
    for place, character in enumerate(reversed(nmi)):
        total += sum(map(int, str(ord(character) * (1 if place % 2 else 2))))
    return str(-total % 10)


def _mpan_flaw(text: str) -> str | None:
    if mpan_digit(text[:12]) == text[12]:
        return None
    return f"the check digit of the MPAN {text} does not fit (two digits may be swapped); copy it from the bill"


def _nmi_flaw(text: str) -> str | None:
    if text[0] == "9" or (text.isdigit() and text[0] in "015"):
        return (
            f"{text} is no NMI: none begins with {text[0]}; a gas meter's number (MPRN, MIRN) is no electricity point"
        )
    return None


# An NMI has no O and no I, save in the examples of the field, which begin with NMI. The ranges are those of AEMO's
# allocation list: letters by state (N, Q, S, T and digits, V, W), digits by network.
_NMI = re.compile(r"(?:NMI|[NQSVW][A-HJ-NP-Z0-9]{2}|T[0-9]{2}|[0-9]{3})[A-HJ-NP-Z0-9]{7}")
_CUPS = re.compile(r"ES[0-9]{16}[A-Z]{2}(?:[0-9][A-Z])?")

KINDS = (
    Kind("mpan", LONDON, re.compile(r"[0-9]{13}"), _mpan_flaw),
    Kind("nmi", "+10:00", _NMI, _nmi_flaw),
    Kind("mprn", "Europe/Dublin", re.compile(r"10[0-9]{9}")),
    Kind("prm", "Europe/Paris", re.compile(r"[0-9]{14}")),
    Kind("cups", "Europe/Madrid", _CUPS),
    Kind("ean", "Europe/Brussels", re.compile(r"54[0-9]{16}")),
)  # fmt: skip
FORMS = "MPAN (13 digits), NMI (10 characters), MPRN (11 digits), PRM (14 digits), CUPS or EAN"


def kind_of(point: str) -> Kind | None:
    """The kind that a point has the form of, None where it has a name of its own. Check digits are not asked."""
    for kind in KINDS:
        if kind.form.fullmatch(point):
            return kind
    return None


def zone_of(point: str) -> str:
    """The name of the zone whose days and months are a point's settlement days and months.

    That of a name of its own only the account's sources know (`sources.zones`).
    """
    kind = kind_of(point)
    return kind.zone if kind else UNKNOWN_ZONE


def flaw_of(point: str, *, free: tzinfo | None = None) -> str | None:
    """Why this is no point as it is stored, in words that name it.

    With `free`, the zone that names of their own are settled by, any name is one, unless it would be taken for a number
    that is settled by another zone.
    """
    kind = kind_of(point)
    if free is None:
        if kind is None:
            return f"{point} is no {FORMS}"
        return kind.flaw(point) if kind.flaw else None
    if not TEXT.fullmatch(point):
        return "a point's name is up to 64 letters, digits and ._:/+#-"
    if kind and named(kind.zone) != free:
        return (
            f"{point} looks like a number of kind {kind.name}, whose days are those of {kind.zone}; a name of its own "
            "must look otherwise, or have that zone in the account's sources"
        )
    return None
