"""The export job: an account's readings of a period, from its table to one file in the store."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec
import obstore

from core.energy.exports import documents as exports
from core.energy.jobs import QUEUE, Account, DocumentId
from core.kernel import logs
from core.kernel.clock import rfc3339
from core.kernel.services import Services
from core.kernel.store import failures

BUFFER = 8 * 1024 * 1024
"""Bytes of a part of the upload; a store takes 10,000 of them, so a file may have 80 GB."""

log = logs.logger("jobs")


class ExportJob(msgspec.Struct, tag_field="job", tag="export", frozen=True):
    """Write the readings that an export's document asks for."""

    account: Account
    id: DocumentId


def export(services: Services, job: ExportJob) -> dict[str, Any] | None:
    """Write the file and note it in the export's document; returns that, or None when the document is gone.

    Every attempt writes a file of its own, and the document names that of the one which finished first; the others
    remove theirs. Memory does not grow with the file. Raises `TrefoilError(UNAVAILABLE)`: deliver the job again.
    """
    from core.energy.exports.writer import write  # the table engine, only where it is needed

    documents = services.documents
    asked = exports.get(documents, job.account, job.id)
    if asked is None or asked["status"] == exports.DONE:
        logs.info(log, "nothing to export", account=job.account, export=job.id)
        return asked
    key = f"{exports.PREFIX}/{job.account}/{job.id}-{uuid4().hex[:8]}.{asked['format']}"
    begin, end = (datetime.fromisoformat(asked[name]) if asked[name] else None for name in ("from", "to"))
    with failures(key), obstore.open_writer(services.store.client, key, buffer_size=BUFFER) as file:
        written = write(services.store, job.account, file, form=asked["format"], begin=begin, end=end)
    done = exports.finish(
        documents,
        job.account,
        job.id,
        status=exports.DONE,
        finished=rfc3339(services.clock()),
        rows=written.rows,
        bytes=written.bytes,
        error=None,
        key=key,
    )
    if done is None or done["key"] != key:
        documents.delete(key)
    logs.info(log, "exported", account=job.account, export=job.id, rows=written.rows, bytes=written.bytes)
    return done


def given_up(services: Services, job: ExportJob, letter: str) -> None:
    """Tell who waits that the export failed. A replay of its dead letter may still do it."""
    attempts = services.functions.queues[QUEUE].attempts
    error = f"the job failed {attempts} times; an operator can replay it, as dead letter {letter}"
    exports.finish(services.documents, job.account, job.id, status=exports.FAILED, error=error)
