"""What the steps of a settlement do: each reads what it needs, computes, and returns exact decimals as text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

from core.energy.accounts import accounts, settings
from core.energy.readings import sources
from core.energy.readings.decimals import plain
from core.energy.readings.reading import EXPORT, HALF_HOUR, IMPORT, QUALITIES
from core.energy.readings.zones import named
from core.energy.settlement import documents
from core.energy.settlement.intervals import WEEKS, Reading, Slot, day_and_minute, estimates, slots
from core.energy.settlement.month import Month
from core.energy.settlement.pricing import priced
from core.energy.trading import products
from core.energy.trading.tariffs import EXPORTED, Tariff, product_on, tariff_of
from core.kernel.clock import rfc3339
from core.kernel.services import Services
from core.kernel.workflow.steps import Run, StepFailed

MOST_POINTS = 500
"""Of an account: what every engine's map takes."""
MOST_READINGS = 100_000
"""Of a channel in a month and the weeks before: more than there are minutes of five in them."""


def validate(services: Services, _run: Run, *, account: str, month: str) -> dict[str, Any]:
    """What is settled: the points with readings in the month, their zones, the products of each day, and one moment.

    A point's channel is settled from the day of its first reading on. One whose last reading is before the month, or
    whose first is after it, is left out, and named. Fails with `no_account`, `not_over`, `no_contract`, `no_product`,
    `currencies`, `no_readings` or `too_many_points`.
    """
    from core.energy.readings import query  # the table engine, only where it is needed

    identity = accounts.identity(services.documents, account)
    if identity is None:
        raise StepFailed("no_account", f"there is no account {account}")
    asked = Month.named(month)
    found, table = query.channels(services.store, account)
    held = services.documents.get(sources.document(account))
    zone_of = sources.zones(held and held.value)
    about: dict[str, dict[str, Any]] = {}
    left_out = []
    energy = {one.point for one in found if one.channel in (IMPORT, EXPORT)}
    for one in found:
        if one.point in energy and one.channel not in (IMPORT, EXPORT):
            continue
        zone = named(zone_of(one.point))
        begin, end = asked.bounds(zone)
        if services.clock() < end:
            raise StepFailed("not_over", f"{month} is not over in {zone_of(one.point)}; settle it when it is")
        if one.first >= end or one.last < begin:
            seen = {"first": rfc3339(one.first), "last": rfc3339(one.last)}
            left_out.append({"point": one.point, "channel": one.channel, **seen})
            continue
        first = max(one.first.astimezone(zone).date(), asked.first).isoformat()
        held_of = about.setdefault(one.point, {"zone": zone_of(one.point), "channels": {}, "first": first})
        held_of["channels"][one.channel] = first
        held_of["first"] = min(first, held_of["first"])
    if len(about) > MOST_POINTS:
        raise StepFailed("too_many_points", f"{account} has {len(about)} points; a settlement takes {MOST_POINTS}")
    if not about:
        raise StepFailed("no_readings", f"{account} has no readings in {month}")
    return {
        "account": account,
        "identity": identity,
        "month": month,
        "as_of": rfc3339(services.clock()),
        "readings_version": table,
        "tariffs": _tariffs(services, account, asked, about),
        "points": sorted(about),
        "about": about,
        "left_out": left_out,
    }


def _tariffs(
    services: Services, account: str, month: Month, about: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The product of each day on which a point is settled, as it is now, and the days that it is for."""
    agreed = settings.contract(services.documents, account)
    first = min(one["first"] for one in about.values())
    days: dict[str, list[str]] = defaultdict(list)
    for day in month.days():
        if day.isoformat() < first:
            continue
        product = product_on(agreed, day)
        if product is None:
            raise StepFailed(
                "no_contract", f"the settings of {account} name no product for {day}; add one from then on"
            )
        days[product].append(day.isoformat())
    found: list[dict[str, Any]] = []
    for product, its_days in days.items():
        held = products.find(services.documents, product)
        if held is None:
            raise StepFailed("no_product", f"{product}, of the contract of {account}, is no product any more")
        try:
            tariff_of(held)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise StepFailed("no_product", f"{product} can't be priced by: {error}") from None
        found.append({"product": held, "days": its_days})
    currencies = sorted({one["product"]["currency"] for one in found})
    if len(currencies) > 1:
        raise StepFailed(
            "currencies", f"the contract of {account} is in {' and '.join(currencies)}; settle one at a time"
        )
    return found


def total(services: Services, _run: Run, *, point: str, plan: Mapping[str, Any]) -> dict[str, Any]:
    """What was read of a point in the month: by channel, day and band, and the slots of which nothing was."""
    channels = plan["about"][point]["channels"]
    found = {channel: _slots(plan, point, channel, _readings(services, plan, point, channel)) for channel in channels}
    return _of_point(plan, point, found, {})


def estimate(services: Services, _run: Run, *, point: str, plan: Mapping[str, Any]) -> dict[str, Any]:
    """What is put in place of what was not read. Fails with `no_history` where the former weeks say nothing."""
    found: dict[str, list[Slot]] = {}
    instead: dict[str, Mapping[datetime, Decimal]] = {}
    zone = named(plan["about"][point]["zone"])
    for channel in plan["about"][point]["channels"]:
        readings = _readings(services, plan, point, channel)
        found[channel] = _slots(plan, point, channel, readings)
        missing = [slot for slot in found[channel] if slot.missing]
        instead[channel], unknown = estimates(missing, readings, zone)
        if unknown:
            raise StepFailed(
                "no_history",
                f"{point} has nothing for {len(unknown)} intervals of {channel}, the first at "
                f"{rfc3339(unknown[0].start)}, nor at that time of the {WEEKS} weeks before",
            )
    return _of_point(plan, point, found, instead)


def gather(_services: Services, _run: Run, *, totals: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many minutes were not read, and of which points."""
    gaps = [
        {"point": one["point"], "channel": channel, "minutes": found["missing"], "first": found["first_missing"]}
        for one in totals
        for channel, found in one["channels"].items()
        if found["missing"]
    ]
    return {
        "missing": sum(one["minutes"] for one in gaps),
        "incomplete": sorted({one["point"] for one in gaps}),
        "gaps": gaps,
    }


def stop(_services: Services, _run: Run, *, found: Mapping[str, Any]) -> None:
    """The end of a run that may not estimate. Fails with `incomplete`, saying of what how much is missing."""
    first, *others = found["gaps"]
    more = f", and of {len(others)} others" if others else ""
    raise StepFailed(
        "incomplete",
        f"of {first['point']} {first['minutes']} minutes of {first['channel']} are missing, from {first['first']} "
        f"on{more}; wait for their readings, or ask for a settlement with estimates",
    )


def price(
    _services: Services,
    _run: Run,
    *,
    plan: Mapping[str, Any],
    totals: Sequence[Mapping[str, Any]],
    estimated: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The lines of the settlement and their sums, of what was read and of what was estimated in place of the rest."""
    return priced(plan, _settled(totals, estimated))


def compare(services: Services, _run: Run, *, plan: Mapping[str, Any], prices: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the last settlement of the month says the same, else what has changed, and the version to publish."""
    account, month = plan["account"], plan["month"]
    last = documents.latest(services.documents, account, month)
    if last is None:
        return {"changed": True, "version": 1, "changes": None}
    if last["readings_version"] > plan["readings_version"] or _moment(last) > _moment(plan):
        raise StepFailed("conflict", f"newer readings of {month} were settled meanwhile; settle it again")
    if last["content"] == documents.content(prices):
        return {"changed": False, "version": last["version"], "changes": None}
    return {"changed": True, "version": last["version"] + 1, "changes": documents.changes(last, prices)}


def _moment(said: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(said["as_of"])


def write_csv(
    services: Services, run: Run, *, plan: Mapping[str, Any], prices: Mapping[str, Any], version: int
) -> dict[str, Any]:
    """The lines, as a file that a spreadsheet reads."""
    return documents.write_csv(services, run, plan, prices, version)


def write_days(
    services: Services,
    run: Run,
    *,
    plan: Mapping[str, Any],
    totals: Sequence[Mapping[str, Any]],
    estimated: Sequence[Mapping[str, Any]],
    version: int,
) -> dict[str, Any]:
    """Each point's days, and each estimated interval, as JSON: what the lines are sums of."""
    return documents.write_days(services, run, plan, _settled(totals, estimated), version)


def publish(
    services: Services,
    run: Run,
    *,
    plan: Mapping[str, Any],
    prices: Mapping[str, Any],
    compared: Mapping[str, Any],
    csv: Mapping[str, Any],
    days: Mapping[str, Any],
) -> dict[str, Any]:
    """The settlement, in place for good.

    Fails with `conflict` when another run published that version meanwhile, and with `no_account` when it was deleted.
    """
    if accounts.identity(services.documents, plan["account"]) != plan["identity"]:
        raise StepFailed("no_account", f"the account {plan['account']} was deleted meanwhile")
    files = {"csv": csv["key"], "days": days["key"]}
    return documents.publish(services, run, plan, prices, compared, files)


def _settled(totals: Sequence[Mapping[str, Any]], estimated: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each point's total; of one that was estimated, the estimated total in its place."""
    instead = {one["point"]: one for one in estimated}
    return [instead.get(one["point"], one) for one in totals]


def _slots(plan: Mapping[str, Any], point: str, channel: str, readings: Iterable[Reading]) -> list[Slot]:
    about = plan["about"][point]
    zone = named(about["zone"])
    begin, end = Month.named(plan["month"]).bounds(zone)
    first = datetime.fromisoformat(about["channels"][channel]).replace(tzinfo=zone)
    return slots(readings, max(begin, first.astimezone(begin.tzinfo)), end)


def _readings(services: Services, plan: Mapping[str, Any], point: str, channel: str) -> list[Reading]:
    """Of the month and the weeks before, at the moment that the settlement is of."""
    from core.energy.readings import query

    begin, end = Month.named(plan["month"]).bounds(named(plan["about"][point]["zone"]))
    series = query.Series(point, channel, begin - timedelta(weeks=WEEKS, days=1), end)
    table = query.readings(services.store, plan["account"], series, limit=MOST_READINGS, table=plan["readings_version"])
    if table is None:
        return []
    columns = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return [Reading(start, value, minutes, QUALITIES[quality]) for start, value, minutes, quality in columns]


def _of_point(
    plan: Mapping[str, Any],
    point: str,
    found: Mapping[str, list[Slot]],
    instead: Mapping[str, Mapping[datetime, Decimal]],
) -> dict[str, Any]:
    about = plan["about"][point]
    zone = named(about["zone"])
    tariffs = {}
    for one in plan["tariffs"]:
        tariffs.update(dict.fromkeys(one["days"], tariff_of(one["product"])))
    channels = {
        channel: _of_channel(channel, its_slots, zone, tariffs, instead.get(channel, {}))
        for channel, its_slots in found.items()
    }
    return {"point": point, "first": about["first"], "channels": channels}


def _of_channel(
    channel: str,
    found: list[Slot],
    zone: tzinfo,
    tariffs: Mapping[str, Tariff],
    instead: Mapping[datetime, Decimal],
) -> dict[str, Any]:
    """The sums by day and band, of what was read and what was estimated; and the slots that are neither."""
    read: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    put: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    minutes: Counter[tuple[str, str, str]] = Counter()
    missing, first = 0, None
    for slot in found:
        day, weekday, minute = day_and_minute(zone, slot.start)
        tariff = tariffs[day]
        band = EXPORTED if channel == EXPORT else tariff.band(weekday, minute)
        if slot.minutes > HALF_HOUR:
            after, its_weekday, its_minute = day_and_minute(zone, slot.start + timedelta(minutes=HALF_HOUR))
            second = tariffs.get(after, tariff)
            if second != tariff or (channel == IMPORT and second.band(its_weekday, its_minute) != band):
                raise StepFailed(
                    "too_coarse", f"the rate changes within the hour of {rfc3339(slot.start)}, read as one"
                )
        key = (day, tariff.product, band)
        read[key] += slot.value
        minutes[key] += slot.minutes - slot.missing
        if slot.missing and slot.start in instead:
            put[key] += instead[slot.start]
        elif slot.missing:
            missing += slot.missing
            first = first or rfc3339(slot.start)
    days = [
        {
            "day": day,
            "product": product,
            "band": band,
            "read": plain(read[day, product, band]),
            "estimated": plain(put[day, product, band]),
            "minutes": minutes[day, product, band],
        }
        for day, product, band in read
    ]
    substitutes = [[rfc3339(start), plain(value)] for start, value in sorted(instead.items())]
    return {"days": days, "missing": missing, "first_missing": first, "estimates": substitutes}
