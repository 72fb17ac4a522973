"""The tariffs."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from core.energy.trading import products
from core.kernel.api.context import ANYONE, Answer, Call, Route
from core.kernel.errors import Code, not_found
from core.kernel.http import Response, json_response


class Band(Struct):
    """Hours at another rate: from `begin` to before `end` of a settlement day, over midnight where it ends earlier."""

    name: str
    begin: Annotated[str, Meta(description="Clock time on the half hour, as 00:30")]
    end: Annotated[str, Meta(description="As `begin`; 24:00 is the end of the day")]
    rate: Annotated[str, Meta(description="Per kWh, in major units, exact decimal text")]
    days: Annotated[list[str], Meta(description="mon, tue, wed, thu, fri, sat, sun; none: every day")] = []


class Product(Struct):
    id: str
    name: str
    description: str
    currency: str
    unit_rate: Annotated[str, Meta(description="Per kWh, in major units, exact decimal text")]
    standing_charge: Annotated[str, Meta(description="Per point and day, in major units, exact decimal text")]
    export_rate: Annotated[str, Meta(description="Per kWh given to the grid, exact decimal text")] = "0"
    bands: Annotated[list[Band], Meta(description="The first one that holds a time is meant, else `unit_rate`")] = []


class Products(Struct):
    products: list[Product]


def every(call: Call) -> Response:
    return json_response({"products": products.every(call.services.documents)})


def one(call: Call) -> Response:
    found = products.find(call.services.documents, call.params["product"])
    if found is None:
        raise not_found(f"product {call.params['product']!r}")
    return json_response(found)


ROUTES = (
    Route("GET", "/api/products", every, "Tariffs", {200: Answer("All of them", Products)}, ANYONE),
    Route(
        "GET",
        "/api/products/{product}",
        one,
        "One tariff",
        {200: Answer("The tariff", Product)},
        ANYONE,
        errors=(Code.NOT_FOUND,),
    ),
)
