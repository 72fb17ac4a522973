"""The command `products` of the console: the tariffs on sale, in any store."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from core.energy.trading import products
from core.energy.trading.products import ProductGiven
from core.kernel.described import convert
from core.kernel.services import Services


def arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list", help="all of them, with rate and currency")
    put = verbs.add_parser("set", help="add a product, or replace the one of its id")
    put.add_argument("file", help="the product as JSON, as /api/products/ID answers it; - for standard input")
    verbs.add_parser("remove", help="take a product off sale that no contract names").add_argument("product")


def run(services: Services, options: argparse.Namespace, _: Any) -> int:
    """Do it; raises `ValueError` or `TrefoilError` saying what is wrong with a product, or who keeps one from going."""
    documents = services.documents
    if options.verb == "list":
        for one in products.every(documents):
            print(f"{one['id']:24} {one['unit_rate']} {one['currency']}/kWh  {one['name']}")
    elif options.verb == "set":
        product = _given(options.file)
        products.save(documents, product)
        print(f"{product['id']} is on sale")
    else:
        products.remove(documents, options.product)
        print(f"{options.product} is not on sale any more")
    return 0


def _given(file: str) -> dict[str, Any]:
    text = sys.stdin.read() if file == "-" else Path(file).read_text()
    try:
        given = convert(msgspec.json.decode(text), ProductGiven)
    except msgspec.DecodeError as error:
        raise ValueError(f"{file} is no product: {error}") from None
    if given.id is None:
        raise ValueError(f"{file} has no id, which says what product it is: add one, as green-fixed")
    return products.checked(given.id, given)
