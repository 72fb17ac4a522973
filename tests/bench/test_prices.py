"""The file of prices is whole, and one that can't be worked with is refused in words."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from bench.portability import prices
from bench.portability.prices import PriceError, Rounding

GOOD: dict[str, Any] = {
    "date": "2026-11-27",
    "currency": "USD",
    "regions": {"aws": "us-east-1"},
    "rounding": {"aws": {"step_ms": 1, "least_ms": 1, "source": "https://example.com"}},
    "items": {
        "aws": {
            "compute": {
                "part": "compute",
                "price": 2,
                "per": 10,
                "unit": "GB-second",
                "source": "https://example.com",
                "confirmed": "R: 2026-11-27",
            }
        }
    },
}


def written(folder: Path, **changed: Any) -> Path:
    """The good file, with the item changed so; a field that is None is left out."""
    found = json.loads(json.dumps(GOOD))
    item = {**found["items"]["aws"]["compute"], **changed}
    found["items"]["aws"]["compute"] = {name: value for name, value in item.items() if value is not None}
    path = folder / "prices.json"
    path.write_text(json.dumps(found))
    return path


def test_the_file_names_itself_by_its_bytes_and_each_price_by_a_page() -> None:
    found = prices.load()
    assert found.sha256 == hashlib.sha256(prices.FILE.read_bytes()).hexdigest()
    assert set(found.items) == set(found.rounding) == set(found.regions) == {"aws", "gcp", "azure"}
    for items in found.items.values():
        assert all(item.source.startswith("https://") for item in items.values())


def test_what_was_not_read_at_its_source_is_to_be_confirmed() -> None:
    found = prices.load()
    sure = {
        f"{provider}: {name}"
        for provider, items in found.items.items()
        for name, item in items.items()
        if item.confirmed.startswith("R")
    }
    everything = {f"{provider}: {name}" for provider, items in found.items.items() for name in items}
    assert set(found.to_confirm) == everything - sure
    assert "azure: compute" in sure


def test_a_price_is_for_so_many_of_its_unit(tmp_path: Path) -> None:
    assert prices.load(written(tmp_path)).items["aws"]["compute"].dollars(25) == 5.0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"source": None}, "aws: compute has no source; give the page that says 2"),
        ({"source": " "}, "has no source"),
        ({"price": -0.5}, r"costs -0\.5, which nothing does; write the price"),
        ({"per": 0}, r"is sold by 0\.0; write for how many GB-second"),
        ({"free": -1}, r"has -1\.0 free a month; write 0"),
        ({"confirmed": None}, "does not say how it was confirmed"),
        ({"confirmed": "I: golden"}, "confirmed only by 'I: golden'; say \"to confirm\": true"),
        ({"confirmed": "2: a blog"}, "to confirm"),
        ({"part": "magic"}, "is part of 'magic'; write one of compute"),
        ({"cost": 1}, "unknown field `cost`.*shows the form"),
        ({"price": "free"}, "no file of prices"),
    ],
)
def test_a_row_that_lacks_something_is_refused(tmp_path: Path, changed: dict[str, Any], words: str) -> None:
    with pytest.raises(PriceError, match=words):
        prices.load(written(tmp_path, **changed))


def test_prices_without_a_rounding_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({**GOOD, "rounding": {}}))
    with pytest.raises(PriceError, match="aws has prices and no rounding"):
        prices.load(path)


@pytest.mark.parametrize(
    ("provider", "taken_ms", "billed_ms"),
    [
        ("aws", 0.2, 1),
        ("aws", 1.0, 1),
        ("aws", 1.001, 2),
        ("aws", 99.99, 100),
        ("gcp", 0.2, 100),
        ("gcp", 100.0, 100),
        ("gcp", 100.1, 200),
        ("gcp", 1000.0, 1000),
        ("azure", 0.2, 1000),
        ("azure", 1000.0, 1000),
        ("azure", 1000.1, 1100),
        ("azure", 1100.0, 1100),
        ("azure", 2345.6, 2400),
    ],
)
def test_each_cloud_rounds_as_its_page_says(provider: str, taken_ms: float, billed_ms: float) -> None:
    assert prices.load().rounding[provider].billed_ms(taken_ms) == billed_ms


def test_an_error_of_floating_point_is_no_further_step() -> None:
    assert 0.1 + 0.2 > 0.3
    assert Rounding(0.1, 0.1, "").billed_ms(0.1 + 0.2) == pytest.approx(0.3)
