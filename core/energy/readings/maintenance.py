"""The maintenance job: keeps an account's readings table in few files, and its folder free of unused ones."""

from __future__ import annotations

from typing import Any

import msgspec

from core.energy.accounts import accounts
from core.energy.jobs import Account
from core.kernel.services import Services

COMPACT_AT = 8
"""Small files that are merged; an ingestion by itself waits for more of them."""


class MaintenanceJob(msgspec.Struct, tag_field="job", tag="maintain", frozen=True):
    """Merge the small files of an account's readings table, and remove those that nothing refers to."""

    account: Account


def maintain(services: Services, job: MaintenanceJob) -> dict[str, Any]:
    """Compact and vacuum; the readings do not change, and doing it twice does nothing more.

    Raises `TrefoilError(UNAVAILABLE)`: deliver the job again.
    """
    from core.energy.readings.table import ReadingsTable  # the table engine, only where it is needed

    if not accounts.exists(services.documents, job.account):
        return {"account": job.account, "compacted": False, "vacuumed": 0}
    table = ReadingsTable(services.store, job.account)
    try:
        compacted = table.compact(at=COMPACT_AT)
        return {"account": job.account, "compacted": compacted, "vacuumed": table.tidy()}
    finally:
        accounts.clear_remains(services.store, job.account)
