"""What was said of a file when it was sent: its name where a store's keys can't hold it, and what it can't say itself.

names/{account}/{place}.json    {"name": ..., "source": ...}; `place` is the part of the key that every upload has for
                                itself
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

from msgspec import Struct, to_builtins

from core.energy.ingest import keys
from core.energy.readings.sources import Said as SaidOfFile
from core.kernel.described import convert
from core.kernel.documents import Documents

MAX_GIVEN = 200
"""Characters of a file's name."""
_MAX_KEPT = 100
_UNSAFE = re.compile(r"[^A-Za-z0-9._() -]+")


class Said(Struct, frozen=True):
    """The name of an upload as it was given, and what was said of it."""

    name: str
    source: SaidOfFile | None = None


def safe(given: str, *, marked: bool = False) -> str:
    """A name that every store takes and that shows what was given: the same when that is safe already, or `marked`.

    A name that is not the same is looked up in the upload's document.
    """
    plain = unicodedata.normalize("NFKD", given).encode("ascii", "ignore").decode()
    kept = _UNSAFE.sub("_", plain).strip(" .") or "file"
    if kept == given and len(kept) <= _MAX_KEPT and not marked:
        return kept
    stem, dot, suffix = kept.rpartition(".")
    stem, suffix = (stem, dot + suffix[:10].rstrip()) if stem else (kept, "")
    return f"{stem[:_MAX_KEPT].strip(' .') or 'file'}-{sha256(given.encode()).hexdigest()[:8]}{suffix}"


def stem(name: str) -> str:
    """A file's name without its folders and its ending, or its two endings where it is packed."""
    last = name.rpartition("/")[2]
    bare = re.sub(r"(?i)\.(gz|zip)$", "", last)
    return re.sub(r"(?<=.)\.[A-Za-z][A-Za-z0-9]{0,9}$", "", bare) or last


def keep(documents: Documents, account: str, place: str, said: Said) -> None:
    """Note what was said of an upload."""
    source = {"source": to_builtins(said.source)} if said.source else {}
    documents.create(_path(account, place), {"name": said.name, **source})


def said(documents: Documents, account: str, key: str) -> Said | None:
    """What was said of the upload at a key; None of a file that was dropped there."""
    uploaded = keys.parts(key)
    if uploaded is None:
        return None
    _, place, name = uploaded
    document = documents.get(_path(account, place)) if place and re.search(r"-[0-9a-f]{8}(\.|$)", name) else None
    if document is None:
        return Said(name)
    source = document.value.get("source")
    return Said(str(document.value["name"]), convert(source, SaidOfFile) if source else None)


def _path(account: str, place: str) -> str:
    return f"names/{account}/{place}.json"
