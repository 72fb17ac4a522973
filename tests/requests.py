"""Counting what is asked of the store: on a cloud each request is 10 to 40 ms and money."""

from __future__ import annotations

from typing import Any

import obstore
import pytest

ASKED = ("get", "put", "head", "delete", "list", "list_with_delimiter")


def noted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requests that are made through obstore from now on, as `get users/podge.json`, in order."""
    found: list[str] = []

    def noting(name: str) -> Any:
        ask = getattr(obstore, name)

        def asked(store: Any, path: Any = "", *rest: Any, **options: Any) -> Any:
            found.append(f"{name} {path}")
            return ask(store, path, *rest, **options)

        return asked

    for name in ASKED:
        monkeypatch.setattr(obstore, name, noting(name))
    return found
