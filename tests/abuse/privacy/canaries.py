"""Texts that stand nowhere else, one for each private field; and the table of where each may be found, with the reason.

What the table does not name may be nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from uuid import uuid4

from core.energy.readings.points import mpan_digit

MARK = uuid4().hex[:12]
"""In each canary of a run, so that what an earlier one left is not taken for this one's."""


class Kind(Enum):
    SECRET = "opens something: a password, a token, a key, a signature"
    PERSONAL = "says something of a person: an address, a name, a meter, what it measured"
    TYPED = "was typed or sent along with a request, and could be anything"


class Place(Enum):
    LOGS = "the functions' log lines, and whatever else their runtimes wrote"
    ANSWERS = "an answer to a request"
    LETTERS = "dead letters"
    MESSAGES = "messages of queues, and what the engine of workflows was given"
    KEYS = "keys of objects"
    STORE = "documents and files of the private store"
    SPANS = "traces and metrics, as a collector of OpenTelemetry's got them"


@dataclass(frozen=True, slots=True)
class Canary:
    name: str
    text: str
    kind: Kind

    def __str__(self) -> str:
        return self.name


def _text(name: str) -> str:
    return f"{name}-{MARK}"


def _mpan() -> str:
    core = f"10{int(MARK[:10], 16) % 10**10:010}"
    return core + mpan_digit(core)


PASSWORD = Canary("password", _text("PassWord"), Kind.SECRET)
WRONG = Canary("wrong password", _text("WrongOne"), Kind.SECRET)
CUT = Canary("password in a body that is no JSON", _text("CutShort"), Kind.SECRET)
ELSEWHERE = Canary("password typed as the user", _text("TypedAsUser"), Kind.SECRET)
UNKNOWN = Canary("password in an unknown field", _text("UnknownField"), Kind.SECRET)
BASIC = Canary("password of another scheme", _text("BasicOne"), Kind.SECRET)
COOKIE = Canary("cookie", _text("CookieOne"), Kind.SECRET)
IN_QUERY = Canary("token in a query", _text("TokenInQuery"), Kind.SECRET)
IN_JOB = Canary("secret in a message that is no job", _text("NoJobAtAll"), Kind.SECRET)
EMAIL = Canary("e-mail address", f"mail-{MARK}@example.com", Kind.PERSONAL)
BAD_EMAIL = Canary("e-mail address that is none", f"mail {MARK} @ nowhere", Kind.PERSONAL)
DISPLAY = Canary("display name", _text("DisplayName"), Kind.PERSONAL)
MPAN = Canary("metering point", _mpan(), Kind.PERSONAL)
POINT = Canary("point with a name of its own", _text("Cottage"), Kind.PERSONAL)
VALUE = Canary("reading", f"0.{int(MARK[:8], 16) % 10**9 | 1:09}", Kind.PERSONAL)
FILE = Canary("name of a file", _text("Filename"), Kind.PERSONAL)
REJECTED = Canary("value of a rejected row", _text("RejectedRow"), Kind.PERSONAL)
REFUSED = Canary("text of a refused file", _text("RefusedFile"), Kind.PERSONAL)
COLUMN = Canary("name of a column", _text("ColumnName"), Kind.PERSONAL)
QUERY = Canary("value of a query", _text("QueryValue"), Kind.TYPED)
FORBIDDEN = Canary("point in a query that is refused", _text("RefusedPoint"), Kind.TYPED)
ONCE = Canary("Idempotency-Key", _text("OnlyOnce"), Kind.TYPED)
AGENT = Canary("User-Agent", _text("AgentOne"), Kind.TYPED)
FIELD = Canary("field of a body that is refused", _text("BodyField"), Kind.TYPED)

GIVEN = tuple(one for one in list(globals().values()) if isinstance(one, Canary))
"""Those that users give. What the system makes (tokens, signatures, its keys) is found while it is used."""

OWN = "an answer may say again what the same request sent, so that its sender sees what is wrong"
KEPT = "the store is where customers' own data are kept, for their own eyes"
POINTER = "a pointer that operators find the file by; the part that a person gave is only shown as far as it is safe"
BURIED = "a letter keeps what could not be read as it came, so that somebody can see and replay it"
IDENTIFIER = "steps are asked for by account and point, which are identifiers; what was measured stays in the store"
TYPED_STORE = "a trade is found again by its key, and a rejected row is shown to whoever sent the file"

ALLOWED: Mapping[tuple[Kind | Canary, Place], str] = {
    (Kind.PERSONAL, Place.STORE): KEPT,
    (Kind.TYPED, Place.STORE): TYPED_STORE,
    (FILE, Place.LOGS): POINTER,
    (FILE, Place.KEYS): POINTER,
    (FILE, Place.LETTERS): POINTER,
    (FILE, Place.MESSAGES): POINTER,
    (IN_JOB, Place.LETTERS): BURIED,
    (IN_JOB, Place.STORE): BURIED,
    (IN_JOB, Place.MESSAGES): "it is the message itself",
    (MPAN, Place.MESSAGES): IDENTIFIER,
    (POINT, Place.MESSAGES): IDENTIFIER,
}


def allowed(canary: Canary, place: Place) -> bool:
    return (canary, place) in ALLOWED or (canary.kind, place) in ALLOWED
