"""The demo's alert: a day of July that took more than podge allows, told by a mail in a folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from core.energy.alerts.job import AlertJob
from core.energy.jobs import QUEUE
from core.kernel.services import Services
from demo import files, house
from demo.client import Client, expect
from tools.waiting import eventually

SENDER, PODGE = "alerts@trefoil.example", house.EMAIL
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


def check(podge: Client, services: Services, mails: Path, say: Callable[[str], None]) -> None:
    """Raises `Failed` when the mail that comes does not say what the input says."""
    ask(podge, services)
    (path, mail), *_ = eventually("the mail", lambda: _mails_in(mails))
    expect("the mail's reader", mail["To"], PODGE)
    where = f"/api/accounts/{files.ACCOUNT}/alerts"
    (alert,) = eventually("the note of the mail", lambda: podge.send("GET", where).json()["alerts"])
    # The third version has the first point only: of the others the second is the latest.
    wanted = sum((files.day_total(one, 3 if one is files.POINTS[0] else 2, DAY) for one in files.POINTS), Decimal())
    expect(f"the kWh of {DAY}", Decimal(alert["kwh"]), wanted)
    say(f"a mail came to {mail['To']} ({path.name}): {mail['Subject']}, as the input says")


def _mails_in(folder: Path) -> list[tuple[Path, EmailMessage]]:
    """Of this account: on a cold morning the house's may be there too."""
    found = [(path, message_from_bytes(path.read_bytes(), policy=default)) for path in folder.glob("*.eml")]
    return [(path, mail) for path, mail in found if files.ACCOUNT in mail["Subject"]]
