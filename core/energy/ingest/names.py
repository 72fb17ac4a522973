"""The names of files as people give them, where a store's keys can't hold them: a document for each such upload.

names/{account}/{place}.json    {"name": ...}; `place` is the part of the key that every upload has for itself
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

from core.energy.ingest import keys
from core.kernel.documents import Documents

MAX_GIVEN = 200
"""Characters of a file's name."""
_MAX_KEPT = 100
_UNSAFE = re.compile(r"[^A-Za-z0-9._() -]+")


def safe(given: str) -> str:
    """A name that every store takes and that shows what was given: the same when that is safe already."""
    plain = unicodedata.normalize("NFKD", given).encode("ascii", "ignore").decode()
    kept = _UNSAFE.sub("_", plain).strip(" .") or "file"
    if kept == given and len(kept) <= _MAX_KEPT:
        return kept
    stem, dot, suffix = kept.rpartition(".")
    stem, suffix = (stem, dot + suffix[:10]) if stem else (kept, "")
    return f"{stem[:_MAX_KEPT].strip(' .') or 'file'}-{sha256(given.encode()).hexdigest()[:8]}{suffix}"


def keep(documents: Documents, account: str, place: str, given: str) -> None:
    """Note the name that was given to an upload."""
    documents.create(_path(account, place), {"name": given})


def given(documents: Documents, account: str, key: str) -> str | None:
    """The name that was given to the upload at a key; None for a file that was dropped there."""
    uploaded = keys.parts(key)
    if uploaded is None:
        return None
    _, place, name = uploaded
    document = documents.get(_path(account, place)) if place and re.search(r"-[0-9a-f]{8}(\.|$)", name) else None
    return name if document is None else str(document.value["name"])


def _path(account: str, place: str) -> str:
    return f"names/{account}/{place}.json"
