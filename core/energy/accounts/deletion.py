"""The deletion job: an account and everything that is its own."""

from __future__ import annotations

from typing import Any

import msgspec

from core.energy.accounts import accounts
from core.energy.jobs import Account
from core.kernel import logs
from core.kernel.auth import access
from core.kernel.services import Services

log = logs.logger("jobs")


class DeletionJob(msgspec.Struct, tag_field="job", tag="delete-account", frozen=True):
    """Remove an account as it was when this was asked: `identity` is that of its document (`accounts`)."""

    account: Account
    identity: str


def delete_account(services: Services, job: DeletionJob) -> dict[str, Any]:
    """Remove the account's files, table, documents and grants, and last its own document, marked as deleted until then.

    So a crash leaves an account whose deletion goes on when the job is delivered again, and what writes meanwhile finds
    the mark. Once the account is gone, or was made anew under its name, the job does nothing. Raises
    `TrefoilError(UNAVAILABLE)`: deliver the job again.
    """
    documents, account = services.documents, job.account
    if not accounts.condemn(documents, account, job.identity):
        logs.info(log, "the account is gone already", account=account)
        return {"account": account, "removed": 0}
    removed = accounts.clear(services, account)
    access.forget(documents, account)
    # A request or an ingestion that had begun before the mark may have ended since.
    removed += accounts.clear(services, account)
    accounts.remove(documents, account)
    logs.info(log, "account deleted", account=account, objects=removed)
    return {"account": account, "removed": removed}
