"""The maintenance job: keeps an account's readings table in few files, and its folder free of unused ones."""

from __future__ import annotations

from typing import Any

from core.energy.accounts import accounts
from core.energy.messages import Maintain
from core.kernel.services import Services

COMPACT_AT = 8
"""Small files that are merged; an ingestion by itself waits for more of them."""


def maintain(services: Services, job: Maintain) -> dict[str, Any]:
    """Compact and vacuum; the readings do not change, and doing it twice does nothing more.

    Raises `TrefoilError(UNAVAILABLE)`: deliver the job again.
    """
    from core.energy.readings.table import ReadingsTable  # the table engine, only where it is needed

    if not accounts.exists(services.documents, job.account):
        return {"account": job.account, "compacted": False, "vacuumed": 0}
    table = ReadingsTable(services.store, job.account)
    try:
        compacted = table.compact(at=COMPACT_AT)
        return {"account": job.account, "compacted": compacted, "vacuumed": table.vacuum()}
    finally:
        accounts.clear_remains(services.store, job.account)
