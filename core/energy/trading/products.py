"""The tariffs on sale: a document each under `products/`."""

from __future__ import annotations

from typing import Any

from core.energy.identifiers import PRODUCT
from core.kernel.documents import Documents


def find(documents: Documents, product: str) -> dict[str, Any] | None:
    if not PRODUCT.fullmatch(product):
        return None
    document = documents.get(f"products/{product}.json")
    return None if document is None else dict(document.value)


def every(documents: Documents) -> list[dict[str, Any]]:
    """All products, ordered by id."""
    return list(documents.values("products"))


def save(documents: Documents, product: dict[str, Any]) -> None:
    """Add or replace a product; it has the fields of `core.energy.trading.api.Product`."""
    documents.update(f"products/{product['id']}.json", lambda _: product)
