"""The tariffs: everybody may see them, and an administrator makes and removes them."""

from __future__ import annotations

from msgspec import Struct

from core.energy.trading import products
from core.energy.trading.products import Product, ProductGiven
from core.kernel.api.context import ADMINS, ANYONE, Answer, Call, Route
from core.kernel.errors import Code, invalid, not_found
from core.kernel.http import Response, json_response


class Products(Struct):
    products: list[Product]


def every(call: Call) -> Response:
    return json_response({"products": products.every(call.services.documents)})


def one(call: Call) -> Response:
    found = products.find(call.services.documents, call.params["product"])
    if found is None:
        raise not_found(f"product {call.params['product']!r}")
    return json_response(found)


def save(call: Call) -> Response:
    given: ProductGiven = call.body
    product = call.params["product"]
    if given.id is not None and given.id != product:
        raise invalid("id", f"is {given.id!r}, and the path says {product!r}; leave it out, or say the same")
    made = products.checked(product, given)
    products.save(call.services.documents, made)
    return json_response(made)


def remove(call: Call) -> Response:
    products.remove(call.services.documents, call.params["product"])
    return Response(204)


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
    Route(
        "PUT",
        "/api/products/{product}",
        save,
        "Make a tariff, or replace it",
        {200: Answer("The tariff as stored", Product)},
        ADMINS,
        body=ProductGiven,
    ),
    Route(
        "DELETE",
        "/api/products/{product}",
        remove,
        "Take a tariff off sale",
        {204: Answer("It is not on sale any more")},
        ADMINS,
        errors=(Code.NOT_FOUND, Code.CONFLICT),
    ),
)
