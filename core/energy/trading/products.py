"""The tariffs on sale: a document each under `products/`, what one is made of, and who may not lose one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, to_builtins

from core.energy.accounts import settings
from core.energy.identifiers import PRODUCT
from core.energy.money import RATE, Currency, Rate
from core.energy.trading.tariffs import tariff_of
from core.kernel.documents import Documents
from core.kernel.errors import Code, TrefoilError, invalid, not_found
from core.kernel.identifiers import exactly

MOST_BANDS = 100
MOST_NAMED = 5
"""Accounts that are named of those whose contracts keep a product."""


class Band(Struct, forbid_unknown_fields=True):
    """Hours at another rate: from `begin` to before `end` of a settlement day, over midnight where it ends earlier."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    begin: Annotated[str, Meta(max_length=5, description="Clock time on the half hour, as 00:30")]
    end: Annotated[str, Meta(max_length=5, description="As `begin`; 24:00 is the end of the day")]
    rate: Annotated[Rate, Meta(description="Per kWh, in major units, exact decimal text")]
    days: Annotated[
        list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]],
        Meta(max_length=7, description="None: every day"),
    ] = []


class Terms(Struct, forbid_unknown_fields=True):
    """All of a product but its id."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    description: Annotated[str, Meta(max_length=1000)]
    currency: Currency
    unit_rate: Annotated[Rate, Meta(description="Per kWh, in major units, exact decimal text")]
    standing_charge: Annotated[Rate, Meta(description="Per point and day, in major units, exact decimal text")]
    export_rate: Annotated[Rate, Meta(description="Per kWh given to the grid, exact decimal text")] = "0"
    bands: Annotated[
        list[Band],
        Meta(max_length=MOST_BANDS, description="The first one that holds a time is meant, else `unit_rate`"),
    ] = []


class Product(Terms, kw_only=True):
    id: Annotated[str, Meta(pattern=exactly(PRODUCT.pattern))]


class ProductGiven(Terms, kw_only=True):
    """As whoever makes or changes one gives it."""

    id: Annotated[str, Meta(max_length=64, description="May be left out; else that of the path")] | None = None


def find(documents: Documents, product: str) -> dict[str, Any] | None:
    if not PRODUCT.fullmatch(product):
        return None
    document = documents.get(path(product))
    return None if document is None else dict(document.value)


def find_many(documents: Documents, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Those of these products that there are, by their ids; they are read in one wait."""
    asked = [name for name in names if PRODUCT.fullmatch(name)]
    held = documents.get_many([f"products/{name}.json" for name in asked])
    return {name: dict(document.value) for name, document in zip(asked, held, strict=True) if document is not None}


def every(documents: Documents) -> list[dict[str, Any]]:
    """All products, ordered by id."""
    return list(documents.values("products"))


def path(product: str) -> str:
    return f"products/{product}.json"


def checked(product: str, terms: Terms) -> dict[str, Any]:
    """The document of a product of that id. Raises `TrefoilError(INVALID)` naming the field that can't be priced by."""
    if not PRODUCT.fullmatch(product):
        raise invalid("product", f"{product!r} must be lower-case letters, digits and -, at most 64, with no - first")
    given = {"unit_rate": terms.unit_rate, "standing_charge": terms.standing_charge, "export_rate": terms.export_rate}
    given |= {f"bands[{number}].rate": band.rate for number, band in enumerate(terms.bands)}
    for field, rate in given.items():
        if not re.fullmatch(RATE, rate, re.ASCII):
            raise invalid(
                field, f"{rate!r} is no rate; write a decimal from 0 to 1000000 with at most six places, as 0.2450"
            )
    for number, band in enumerate(terms.bands):
        if band.begin == "24:00":
            raise invalid(f"bands[{number}].begin", "a band begins within its day; write 00:00 and the days it is for")
    made = {"id": product, **{name: to_builtins(getattr(terms, name)) for name in Terms.__struct_fields__}}
    try:
        tariff_of(made)
    except ValueError as error:
        raise invalid("bands", str(error)) from None
    return made


def save(documents: Documents, product: dict[str, Any]) -> None:
    """Add or replace a product; it has the fields of `Product`, as `checked` makes them."""
    documents.update(path(product["id"]), lambda _: product)


def remove(documents: Documents, product: str) -> None:
    """Take a product off sale. Raises `TrefoilError`: `NOT_FOUND`, or `CONFLICT` where a contract names it.

    Days that are over are settled again by what the contract named for them, so it is kept for those, too. A contract
    that is agreed on at the same moment may still name it: its settlements fail then, saying so.
    """
    if find(documents, product) is None:
        raise not_found(f"product {product!r}")
    accounts = settings.agreed_on(documents, product, most=MOST_NAMED + 1)
    if accounts:
        more = " and others" if len(accounts) > MOST_NAMED else ""
        raise TrefoilError(
            Code.CONFLICT,
            f"{product} is in the contract of {', '.join(accounts[:MOST_NAMED])}{more}; agree on another product in "
            "their settings first, or keep it for the months that are settled by it",
        )
    documents.delete(path(product))
