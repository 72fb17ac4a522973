"""Texts that come from outside one by one: cursors, times, names of files, sources, tariffs, cron, weather."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import msgspec

from core.energy.forecasts import weather
from core.energy.ingest import fields, keys, names, stamps, times
from core.energy.ingest.fields import Bad, Gap, Value
from core.energy.ingest.terms import Terms
from core.energy.readings import api as readings_api
from core.energy.readings import points, sources, zones
from core.energy.readings.reading import MAX_VERSION, MINUTES
from core.energy.settlement.month import Month
from core.energy.trading import products
from core.energy.trading.tariffs import tariff_of
from core.kernel import cron
from core.kernel.api import cursor
from core.kernel.clock import microseconds
from core.kernel.config import ConfigError
from core.kernel.errors import Code, TrefoilError
from core.kernel.http import Attachment
from core.kernel.mail import smtp
from core.kernel.mail.rules import check as check_mail
from tests.fuzz.target import Target, text_of, texts

NOW = datetime(2026, 11, 1, 2, 30, tzinfo=UTC)
ASKED = ("Account17", "import", "2026-01")
TERMS = tuple(
    Terms(microseconds(NOW), zone=zone and zones.named(zone), stamp=stamp, minutes=length, counted=counted, order=order)
    for zone, stamp, length, counted, order in (
        (None, "start", 30, None, None),
        ("Europe/London", "end", 30, None, "dmy"),
        ("Australia/Lord_Howe", "end", 15, None, "mdy"),
        ("America/New_York", "end", 60, 60, "mdy"),
        ("Europe/Paris", "start", 15, 15, "dmy"),
    )
)
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def cursors(data: bytes) -> None:
    """A cursor is read as the position that it was made of, or refused as invalid."""
    text = text_of(data)
    try:
        position = cursor.read(ASKED, text)
        cursor.read_name(ASKED, text)
    except TrefoilError as refused:
        assert refused.code is Code.INVALID
        assert refused.fields[0][0] == "cursor"
    else:
        assert cursor.read(ASKED, cursor.make(ASKED, position)) == position
    assert cursor.read(ASKED, cursor.make(ASKED, text)) == text


def a_time(data: bytes) -> None:
    """A time is a slot that, shown and read again, is the same; or there is a reason."""
    text = text_of(data)
    for terms in TERMS:
        for last in (False, True):
            found = times.instant(text, terms, last=last)
            if isinstance(found, Bad):
                assert found.reason
            else:
                shown = times.shown(found)
                assert times.instant(shown, Terms(terms.received)) == found, shown
                times.started(found, terms)
        day = times.settlement_date(text, terms.order)
        assert isinstance(day, date) or day.reason
        stamps.other_order(text, terms.order)


def a_field(data: bytes) -> None:
    """A field of a row is a value within its bounds, or there is a reason."""
    text = text_of(data)
    for terms in TERMS:
        found = fields.value(text, Fraction(1), terms.minutes, terms)
        if isinstance(found, Value):
            assert abs(found.scaled) * 60 <= fields.MAX_KW * 10**9 * terms.minutes
        else:
            assert isinstance(found, Gap) or found.reason
        assert isinstance(fields.quality(text, terms), str | Bad)
    point = fields.point(text)
    if isinstance(point, str):
        assert points.kind_of(point) is not None
        assert points.flaw_of(point) is None
        assert fields.point(point) == point, "what is stored is read as itself"
    free = fields.point(text, free=UTC)
    assert isinstance(free, Bad) or points.flaw_of(free, free=UTC) is None
    version, length = fields.version(text), fields.minutes(text)
    assert isinstance(version, Bad) or 1 <= version <= MAX_VERSION
    assert isinstance(length, Bad) or length in MINUTES


def a_name(data: bytes) -> None:
    """The name of an upload becomes one part of a key that every store takes, and a download's header stays one."""
    text = data.decode(errors="replace")
    kept = names.safe(text)
    assert re.fullmatch(r"[A-Za-z0-9._() -]{1,130}", kept), kept
    assert kept.strip(" .") == kept, kept
    identity, place = "0" * 32, keys.place(NOW)
    key = keys.of_upload("Account17", identity, place, kept)
    assert keys.parts(key) == (identity, place, kept)
    names.stem(text)
    for one in (text, text_of(data)):
        header = Attachment(one).disposition
        assert header.isascii()
        assert not CONTROL.search(header), header
        found = re.fullmatch(r"attachment; filename=\"([^\"\\/]+)\"(?:; filename\*=UTF-8''[A-Za-z0-9%._~-]+)?", header)
        assert found, header
        assert found[1] not in (".", ".."), header


def an_upload_key(data: bytes) -> None:
    """A key that says an account's identity has it, and the name behind it, in its own text."""
    text = text_of(data)
    found = keys.parts(text)
    if found:
        assert text.startswith("incoming/")
        assert f"/upload-{found[0]}/" in text
        assert text.endswith(f"/{found[2]}")
        assert "/" not in found[2]
    assert keys.addressee(text) == (found and found[0])


def a_zone(data: bytes) -> None:
    """A name is a zone that has an offset now, or it is refused by what is accepted."""
    try:
        zone = zones.named(text_of(data))
    except ValueError as error:
        assert "is no zone" in str(error)
    else:
        assert abs(zones.offset_of(zone, NOW)) < timedelta(days=1)
        zones.offsets(zone, NOW - timedelta(days=400), NOW)


def a_period(data: bytes) -> None:
    """A day, time or month is one within the calendar, or refused naming the field."""
    first, _, second = text_of(data).partition(" ")
    for zone in (UTC, zones.named("Europe/London"), zones.named("Pacific/Kiritimati")):
        try:
            begin, end = readings_api.period(first, second, zone)
        except TrefoilError as refused:
            assert refused.code is Code.INVALID
            assert refused.fields
        else:
            assert begin is None or end is None or begin < end
    try:
        month = Month.named(first)
    except ValueError as error:
        assert "is no month" in str(error)
    else:
        assert month.name == first
        assert 28 <= len(month.days()) <= 31


def some_sources(data: bytes) -> None:
    """An account's sources are taken and fit a file's name or not; or they are refused naming the field."""
    try:
        given = msgspec.json.decode(data, type=sources.Sources)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    try:
        sources._check(given)
    except TrefoilError as refused:
        assert refused.code is Code.INVALID
        assert refused.fields[0][0].startswith("sources")
        return
    kept = msgspec.to_builtins(given)
    assert json.loads(json.dumps(kept)) == kept
    for name in ("january.csv", "", "A[1].csv", "*"):
        found = sources.fitting(kept, name)
        assert found is None or found in given.sources
    sources.zones(kept)("Home")


def a_product(data: bytes) -> None:
    """A product that is taken can be priced by at every minute of a week, exactly; another is refused."""
    try:
        given = msgspec.json.decode(data, type=products.ProductGiven)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    try:
        tariff = tariff_of(products.checked("fuzzed", given))
    except TrefoilError as refused:
        assert refused.code is Code.INVALID
        assert refused.fields
        return
    for minute in range(0, 7 * 1440, 30):
        rate = tariff.rate_of(tariff.band(*divmod(minute, 1440)))
        assert rate.is_finite()
        assert abs(rate) < Decimal(10) ** 12, rate


def a_cron(data: bytes) -> None:
    """An expression that is taken has fired within the last nine years, on the minute; another is refused."""
    text = text_of(data)
    try:
        cron.check(text)
    except ValueError as error:
        assert "cron" in str(error)
        return
    due = cron.last_due(text, NOW)
    assert NOW - timedelta(days=9 * 366) < due <= NOW
    assert (due.second, due.microsecond) == (0, 0)


def an_answer(data: bytes) -> None:
    """What a weather source says is hours with as many values each, or `Failed` says why not."""
    try:
        found = weather._understood(data, "api.open-meteo.com")
    except weather.Failed as failed:
        assert str(failed).isprintable() or "\n" not in json.dumps(str(failed))
        return
    hours = len(found["hourly"]["time"])
    assert hours
    assert all(len(values) == hours for values in found["hourly"].values())
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def a_mail(data: bytes) -> None:
    """A mail goes to the one address given, with the subject given, or it is refused."""
    to, _, rest = data.decode(errors="replace").partition("\n")
    subject, _, text = rest.partition("\n")
    try:
        check_mail(to, subject)
    except ValueError:
        return
    message = smtp.written("alerts@trefoil.example", to, subject, text, NOW)
    wire = message.as_bytes()
    head = wire.partition(b"\r\n\r\n")[0]
    named = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "MIME-Version"}
    assert {line.partition(b":")[0].decode() for line in head.split(b"\r\n") if line[:1] not in b" \t"} <= {
        *named,
        "Content-Transfer-Encoding",
    }
    assert message["To"] == to


def a_mail_server(data: bytes) -> None:
    """TREFOIL_MAIL is a server, or refused without telling the value, and never a password in the clear."""
    text = data.decode(errors="replace")
    try:
        server = smtp.server_of(text)
    except ConfigError as error:
        said = str(error)
        secret = re.search(r"//[^/@:]*:([^/@]{6,})@", text)
        assert secret is None or secret[1] not in said, said
    else:
        assert server.tls or server.starttls or not server.password
        assert server.password == "" or server.password not in repr(server) or len(server.password) < 12


def _forecast() -> Sequence[bytes]:
    names_of = weather.Hourly.__struct_fields__
    hourly = {name: ["2026-11-01T00:00" if name == "time" else 1.5] for name in names_of}
    return [
        json.dumps({"hourly": hourly, "hourly_units": dict.fromkeys(names_of, "C"), "source": "a stand-in"}).encode()
    ]


PRODUCT = {
    "name": "Night saver",
    "description": "Cheap nights",
    "currency": "GBP",
    "unit_rate": "0.3100",
    "standing_charge": "0.6000",
    "export_rate": "0.1500",
    "bands": [{"name": "night", "begin": "23:30", "end": "05:30", "rate": "0.0700", "days": ["mon", "sun"]}],
}
SOURCES = {
    "sources": [
        {"files": "home*.csv", "point": "Home", "kind": "free", "zone": "Europe/London", "unit": "Wh", "stamp": "end"},
        {"files": "[ab]?.csv", "layout": "long", "version": 3, "minutes": 15, "ignore": ["x"], "allow": ["future"]},
    ]
}
TARGETS = (
    Target(
        "cursor",
        "a cursor is what it was made of, or it is refused",
        texts(cursor.make(ASKED, "20260101T000000-0"), cursor.make(ASKED, "a"), "W10", "e30", "W1tb" * 800),
        cursors,
    ),
    Target(
        "times",
        "a time, shown and read again, is the same",
        texts("2026-10-25T01:30:00+01:00", "25/10/2026 01:30", "2026-03-29 24:00", "10/25/2026 1:30 PM", "1761355800"),
        a_time,
    ),
    Target(
        "fields",
        "a field is within its bounds, or there is a reason",
        texts("1012345678903", "6102359486X", "1,234.5", "0.5A", "1.0E+12", "RF", "30", '="00123"', "-0.001"),
        a_field,
    ),
    Target(
        "names",
        "a file's name stays one part of a key, and of a header",
        texts("readings (1).csv", "Zähler 2026.csv.gz", '../"x\r\nSet-Cookie: a.csv', "COM1.", "\u202etxt.csv"),
        a_name,
    ),
    Target(
        "upload-keys",
        "a key has the identity that it says",
        texts(keys.of_upload("Account17", "0" * 32, keys.place(NOW), "a.csv"), "incoming/Account17/a.csv"),
        an_upload_key,
    ),
    Target("zones", "a name is a zone, or refused", texts("Europe/London", "+10:00", "UTC", "Etc/GMT+1"), a_zone),
    Target(
        "periods",
        "a period is within the calendar, or refused",
        texts("2026-01-31 2026-02-01", "2026-01-31T00:30:00Z 2026-01-31T01:00:00+01:00", "2026-10", "9999-12-31 1"),
        a_period,
    ),
    Target("sources", "sources are taken and fit, or refused", lambda: [json.dumps(SOURCES).encode()], some_sources),
    Target("tariffs", "what is taken can be priced by", lambda: [json.dumps(PRODUCT).encode()], a_product),
    Target("cron", "what is taken has fired", texts("0 2 * * *", "*/5 1,2-4 29 2 *", "0 0 * * MON-FRI"), a_cron),
    Target("weather", "hours with as many values each, or a reason", _forecast, an_answer),
    Target("mail", "one address, one subject", texts("ada@example.com\nYesterday\nA text.\nMore."), a_mail),
    Target(
        "mail-server",
        "no password in an error, nor in the clear",
        texts("smtp://u:secret-pw@h:587?starttls", "smtps://u:p@h", "smtp://u@h?password=file:///a&starttls"),
        a_mail_server,
    ),
)
