"""What the status says of accounts, files and settlements: the newest of all accounts, or that there is none."""

from __future__ import annotations

from uuid import uuid4

import obstore

from core.energy import operations
from core.energy.accounts import accounts
from core.energy.ingest.handler import created
from core.energy.settlement.api import Version
from core.kernel.events import ObjectCreated
from core.kernel.services import Services

ROWS = "point,start,version,kwh\n1012345678903,2026-06-01T00:00Z,1,1\nbad\n"


def said(services: Services) -> dict[str, str]:
    return {one.about: one.said for one in operations.status(services)}


def dropped(services: Services, account: str, text: str = ROWS) -> str:
    key = f"incoming/{account}/{uuid4().hex}.csv"
    obstore.put(services.store.client, key, text.encode())
    created(services, ObjectCreated(key))
    return key


def test_an_empty_system_has_had_nothing(services: Services) -> None:
    assert said(services) == {"accounts": "0", "ingestion": "never", "settlement": "never"}


def test_the_newest_file_of_all_accounts_is_told_with_what_became_of_it(services: Services) -> None:
    accounts.ensure(services.documents, "Empty")
    dropped(services, "AccountB")
    dropped(services, "AccountA")
    found = said(services)
    assert found["accounts"] == "3"
    assert ", AccountA, " in found["ingestion"]
    assert found["ingestion"].endswith("accepted, 2 rows, 1 of them rejected")


def test_a_file_that_was_refused_is_told_with_the_reason(services: Services) -> None:
    dropped(services, "AccountA", "what,is,this\n1,2,3\n")
    assert ": refused, " in said(services)["ingestion"]


def test_the_settlement_that_was_made_last_is_told_whichever_month_it_is_of(services: Services) -> None:
    for account, month, settled in (("A", "2026-05", "2026-06-04T00:00:00Z"), ("B", "2026-03", "2026-06-09T00:00:00Z")):
        accounts.ensure(services.documents, account)
        document = {"account": account, "month": month, "version": 2, "settled": settled}
        assert document.keys() <= {"account", *Version.__struct_fields__}
        services.documents.put(f"settlements/{account}/{month}/0002.json", document)
    assert said(services)["settlement"] == "2026-06-09T00:00:00Z, B, 2026-03, version 2"


def test_a_file_is_found_by_its_key_and_by_its_id(services: Services) -> None:
    key = dropped(services, "AccountA")
    (by_key,) = operations.trace(services, key)
    assert by_key.document["key"] == key
    (by_id,) = operations.trace(services, by_key.document["id"])
    assert by_id == by_key


def test_what_could_be_no_id_is_looked_for_nowhere(services: Services) -> None:
    accounts.ensure(services.documents, "AccountA")
    for odd in ("../AccountA", "a\nb", ""):
        assert list(operations.trace(services, odd)) == []
