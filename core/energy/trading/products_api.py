"""The tariffs."""

from __future__ import annotations

from core.energy.trading import products
from core.kernel.api.context import Call
from core.kernel.errors import not_found
from core.kernel.http import Response, json_response


def every(call: Call) -> Response:
    return json_response({"products": products.every(call.services.documents)})


def one(call: Call) -> Response:
    found = products.find(call.services.documents, call.params["product"])
    if found is None:
        raise not_found(f"product {call.params['product']!r}")
    return json_response(found)
