"""The tariffs."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from core.energy.trading import products
from core.kernel.api.context import ANYONE, Answer, Call, Route
from core.kernel.errors import Code, not_found
from core.kernel.http import Response, json_response


class Product(Struct):
    id: str
    name: str
    description: str
    currency: str
    unit_rate: Annotated[str, Meta(description="Per kWh, in major units, exact decimal text")]
    standing_charge: Annotated[str, Meta(description="Per day, in major units, exact decimal text")]


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
