"""What the company's money is: some currencies, and amounts of them in major units as exact decimal text."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

Currency = Literal["GBP", "EUR", "AUD", "USD"]

RATE = r"(?:1000000(?:\.0{1,6})?|[0-9]{1,6}(?:\.[0-9]{1,6})?)"
"""A price of a product: 0 to 1,000,000 with at most six places."""
AMOUNT = r"[0-9]{1,9}(?:\.[0-9]{1,2})?"
"""A sum of money: whole units, or with cents."""

# The patterns are for the page only: what does not fit is refused with a sentence of its own, not with a pattern.
Rate = Annotated[str, Meta(max_length=16, extra_json_schema={"pattern": f"^{RATE}$"})]
Amount = Annotated[str, Meta(max_length=16, extra_json_schema={"pattern": f"^{AMOUNT}$"})]
