"""What people may send: nothing that was not asked for, and nothing without an end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec.inspect import ListType, StrType, StructType, Type, UnionType, type_info

from core.energy.functions import FUNCTIONS
from core.kernel.api.router import Router

FORMS = {
    f"{route}, {name}": form
    for route in Router(FUNCTIONS).every
    for name, form in (("query", route.query), ("body", route.body))
    if form is not None
}


def parts(kind: Type, where: str) -> Iterator[tuple[str, Type]]:
    """All types that a form is made of, each with its place in it."""
    yield where, kind
    if isinstance(kind, msgspec.inspect.Metadata):
        yield from parts(kind.type, where)
    if isinstance(kind, StructType):
        for field in kind.fields:
            yield from parts(field.type, f"{where}.{field.encode_name}")
    if isinstance(kind, UnionType):
        for one in kind.types:
            yield from parts(one, where)
    if isinstance(kind, ListType):
        yield from parts(kind.item_type, f"{where}[]")


@pytest.mark.parametrize("name", FORMS)
def test_a_field_that_nobody_asked_for_is_refused(name: str) -> None:
    """So nothing is stored, or meant, that a form does not name: no identity, no price, no right."""
    structs = [(where, kind) for where, kind in parts(type_info(FORMS[name]), "") if isinstance(kind, StructType)]
    assert structs
    assert [where for where, kind in structs if not kind.forbid_unknown_fields] == []


@pytest.mark.parametrize("name", FORMS)
def test_no_text_or_list_is_longer_than_a_form_says(name: str) -> None:
    def endless(kind: Any) -> bool:
        if isinstance(kind, StrType):
            return kind.max_length is None and kind.pattern is None
        return isinstance(kind, ListType) and kind.max_length is None

    assert [where for where, kind in parts(type_info(FORMS[name]), "") if endless(kind)] == []
