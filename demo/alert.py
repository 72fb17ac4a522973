"""The demo's alert: a day of July that took more than podge allows, told by a mail in a folder."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from core.energy.alerts.job import AlertJob
from core.energy.jobs import QUEUE
from core.kernel.services import Services
from demo import files
from demo.client import Client, Failed, expect
from tools.waiting import NeverCame, eventually

SENDER, PODGE = "alerts@trefoil.example", "podge@example.com"
LIMIT = 5000
DAY, MORNING = date(2000, 7, 14), "2000-07-15T07:00:00Z"


def variables(mails: Path) -> dict[str, str]:
    """What lets a server write its mails into a folder."""
    return {"TREFOIL_MAIL": mails.as_uri(), "TREFOIL_MAIL_FROM": SENDER}


def ask(podge: Client, services: Services) -> None:
    """Let podge be told of days above the limit, and look at the 14th of July as its next morning would have."""
    where = f"/api/accounts/{files.ACCOUNT}/settings"
    read = podge.send("GET", where)
    changed = {**read.json(), "email": PODGE, "alert_kwh_per_day": LIMIT}
    reply = podge.send("PUT", where, changed, headers={"If-Match": read.headers["etag"]})
    expect("the settings with an alert", reply.status, 200)
    services.send(QUEUE, AlertJob(files.ACCOUNT, MORNING))


def ask_later(podge: Client, services: Services, ready: Callable[[], object]) -> None:
    """As `ask`, once the readings are there; for a thread that ends with the demo, which needs no mail to go on."""
    with suppress(Failed, NeverCame, OSError, ValueError):
        ready()
        ask(podge, services)


def check(podge: Client, services: Services, mails: Path, say: Callable[[str], None]) -> None:
    """Raises `Failed` when the mail that comes does not say what the input says."""
    ask(podge, services)
    path, *_ = eventually("the mail", lambda: list(mails.glob("*.eml")))
    mail = message_from_bytes(path.read_bytes(), policy=default)
    expect("the mail's reader", mail["To"], PODGE)
    where = f"/api/accounts/{files.ACCOUNT}/alerts"
    (alert,) = eventually("the note of the mail", lambda: podge.send("GET", where).json()["alerts"])
    # The third version has the first point only: of the others the second is the latest.
    wanted = sum((files.day_total(one, 3 if one is files.POINTS[0] else 2, DAY) for one in files.POINTS), Decimal())
    expect(f"the kWh of {DAY}", Decimal(alert["kwh"]), wanted)
    say(f"a mail came to {mail['To']} ({path.name}): {mail['Subject']}, as the input says")
