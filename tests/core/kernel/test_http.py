from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.http import Attachment, Request, takes_gzip


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("two-rejected.csv", 'attachment; filename="two-rejected.csv"'),
        ("2026-01 (1).csv", 'attachment; filename="2026-01 (1).csv"'),
        ("Zähler.csv", "attachment; filename=\"Zahler.csv\"; filename*=UTF-8''Z%C3%A4hler.csv"),
        ('a"b.csv', "attachment; filename=\"a_b.csv\"; filename*=UTF-8''a%22b.csv"),
        ("../../etc/passwd", 'attachment; filename="_.._etc_passwd"'),
        (
            "a\r\nSet-Cookie: b.csv",
            "attachment; filename=\"a_Set-Cookie_ b.csv\"; filename*=UTF-8''a_Set-Cookie%3A%20b.csv",
        ),
        ("", 'attachment; filename="file"'),
    ],
)
def test_a_file_is_called_in_ascii_and_whole(name: str, disposition: str) -> None:
    assert Attachment(name).disposition == disposition


@given(st.text(max_size=200))
def test_any_name_gives_a_header_that_leads_nowhere_and_keeps_what_it_can(name: str) -> None:
    said = Attachment(name).disposition
    assert said.isascii()
    assert said.isprintable()
    found = re.fullmatch(
        r"""attachment; filename="([A-Za-z0-9._() -]+)"(?:; filename\*=UTF-8''([A-Za-z0-9%._~-]+))?""", said
    )
    assert found
    whole = unquote(found[2], errors="strict") if found[2] else found[1]
    assert not re.search(r"[\x00-\x1f\x7f/\\]", whole)
    if not re.search(r"[\x00-\x1f\x7f/\\]", name) and name.strip(" ."):
        assert whole == name.strip(" .").encode(errors="replace").decode()


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.csv", "text/csv; charset=utf-8"),
        ("a.CSV", "text/csv; charset=utf-8"),
        ("a.csv.gz", "application/gzip"),
        ("a.json", "application/json"),
        ("a.parquet", "application/vnd.apache.parquet"),
        ("a.html", "application/octet-stream"),
        ("csv", "text/csv; charset=utf-8"),
        ("", "application/octet-stream"),
    ],
)
def test_a_file_s_type_is_told_by_its_ending(name: str, media_type: str) -> None:
    assert Attachment(name).media_type == media_type


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        ([], False),
        (["identity"], False),
        (["gzip"], True),
        (["br, GZIP;q=0.5"], True),
        (["br", "gzip"], True),
        (["gzip; q=0"], False),
        (["gzip;q=0.000, br"], False),
        (["gzip;q=1.0"], True),
    ],
)
def test_gzip_is_for_those_who_take_it(accepted: list[str], takes: bool) -> None:
    assert takes_gzip(Request("GET", "/", headers=tuple(("accept-encoding", one) for one in accepted))) == takes
