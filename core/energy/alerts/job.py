"""The daily look: a job for each account whose settings ask for alerts, and what it does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from core.energy.accounts import accounts, settings
from core.energy.accounts.settings import Alert
from core.energy.alerts import days, documents
from core.energy.alerts.days import Looked
from core.energy.jobs import Account, send
from core.energy.readings import sources
from core.energy.readings.decimals import plain
from core.energy.readings.zones import named
from core.kernel import logs
from core.kernel.clock import rfc3339
from core.kernel.errors import Code, TrefoilError
from core.kernel.events import Due, NotReplayable, UnknownEvent
from core.kernel.services import Services

if TYPE_CHECKING:
    from core.energy.alerts.sums import Day

log = logs.logger("alerts")


class AlertJob(msgspec.Struct, tag_field="job", tag="alert", frozen=True):
    """Look at the days of an account that were over at an instant (RFC 3339), and tell of those that took too much."""

    account: Account
    at: str


def ask(services: Services, due: Due) -> dict[str, Any]:
    """Ask for a look at each account whose settings ask for alerts; for none where no mail is configured.

    A job that the queue does not take keeps no other from being sent; then this raises `TrefoilError(UNAVAILABLE)`:
    fire again, it begins anew.
    """
    if services.notifier is None:
        logs.info(log, "no mail is configured, so nobody is told")
        return {"accounts": None}
    count, refused = 0, 0
    for account, _ in settings.alerts(services.documents):
        count += 1
        try:
            send(services, AlertJob(account, rfc3339(due.at)))
        except TrefoilError as error:
            refused += 1
            logs.error(log, "job not sent", account=account, exception=error.__cause__ or error)
    logs.info(log, "alerts asked for", accounts=count)
    if refused:
        raise TrefoilError(Code.UNAVAILABLE, f"the queue did not take {refused} of {count} jobs")
    return {"accounts": count}


def look(services: Services, job: AlertJob) -> dict[str, Any]:
    """Look at the days that are due (`days`), and send a mail for each that took more than the settings allow.

    A day that was told is noted, and not told again by a repeated job; but when the process ends between its mail and
    the note, or two deliveries run at once, there are two mails. Raises `TrefoilError(UNAVAILABLE)`, or
    `core.kernel.mail.rules.Refused`, for a mail that could not be sent: deliver it again, it goes on with that day.
    """
    account, store = job.account, services.documents
    paths = (accounts.path(account), settings.path(account), documents.looked(account), sources.document(account))
    held, asked, looked, said = store.get_many(paths)
    wanted = settings.alert_in(asked and asked.value)
    if accounts.identity_in(held) is None or wanted is None or services.notifier is None:
        logs.info(log, "nobody asks for alerts any more", account=account)
        return {"account": account, "days": [], "told": []}
    names = sources.zones(said and said.value)
    try:
        return _look(services, job, wanted, days.read(looked and looked.value), lambda point: named(names(point)))
    finally:
        accounts.clear_remains(services.store, account)


def check_replay(services: Services, _: AlertJob) -> None:
    """Raises `NotReplayable` when the job could tell nobody, only because this process has other settings."""
    if services.notifier is None:
        raise NotReplayable(
            "no mail can be sent here: set TREFOIL_MAIL, TREFOIL_MAIL_FROM and TREFOIL_SITE as the functions have them"
        )


def _look(
    services: Services, job: AlertJob, wanted: Alert, looked: Looked | None, zone_of: Callable[[str], tzinfo]
) -> dict[str, Any]:
    from core.energy.alerts import sums  # the table engine, only where it is needed

    account, at = job.account, _moment(job)
    with sums.recent(services.store, account, at, zone_of) as readings:
        newest = days.newest_over(at, readings.zones)
        found = [readings.of(day) for day in days.due(newest, looked)]
    above = [day for day in found if day.kwh > wanted.kwh]
    told = [day.day.isoformat() for day in above if _tell(services, account, day, wanted)]
    done = {day.day for day in found if day in above or day.complete}
    services.documents.update(
        documents.looked(account), lambda held: days.written(days.after(newest, days.read(held), done))
    )
    logs.info(log, "looked at", account=account, days=len(found), told=len(told))
    return {"account": account, "days": [day.day.isoformat() for day in found], "told": told}


def _tell(services: Services, account: str, day: Day, wanted: Alert) -> bool:
    """Send the mail of a day, and note it; False when that was done before."""
    from core.energy.alerts import letter

    if documents.was_told(services.documents, account, day.day):
        return False
    subject = letter.subject(account, day, wanted.kwh)
    services.mail(wanted.email, subject, letter.text(account, day, wanted.kwh, services.config.site))
    told = documents.Told(
        day=day.day.isoformat(),
        kwh=plain(day.kwh),
        limit=plain(wanted.kwh),
        estimated=plain(day.estimated),
        missing=day.missing,
        points=[documents.Took(one.point, plain(one.kwh), one.missing) for one in day.most],
        sent_to=wanted.email,
        at=rfc3339(services.clock()),
    )
    documents.note(services.documents, account, day.day, told)
    logs.info(log, "told", account=account, day=told.day)
    return True


def _moment(job: AlertJob) -> datetime:
    try:
        at = datetime.fromisoformat(job.at)
        return at.astimezone(UTC) if at.tzinfo else _never(job)
    except (ValueError, OverflowError):
        return _never(job)


def _never(job: AlertJob) -> NoReturn:
    raise UnknownEvent(f"the time {job.at!r} of the alert job is none such as 2026-01-31T07:00:00Z") from None
