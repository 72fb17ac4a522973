"""Temporary files of a local process: in its store's own folder, and gone with the process, however it ends."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout


@contextmanager
def scratch(store: Path | None) -> Iterator[None]:
    """While it is entered, this process's temporary files lie in a folder of their own under `store`, if it is one.

    The folder is removed at the end. Those of processes that were killed are removed first: each is locked by its own
    as long as that lives. Several processes may share a store.
    """
    if store is None:
        yield
        return
    top = store / ".scratch"
    top.mkdir(exist_ok=True)
    for left in top.glob("*.lock"):
        with suppress(Timeout), FileLock(left, blocking=False):
            _remove(left)
    own = top / f"{uuid4().hex}.lock"
    before = tempfile.tempdir
    with FileLock(own):
        _folder(own).mkdir()
        tempfile.tempdir = str(_folder(own))
        try:
            yield
        finally:
            tempfile.tempdir = before
            _remove(own)


def _folder(lock: Path) -> Path:
    return lock.with_suffix("")


def _remove(lock: Path) -> None:
    shutil.rmtree(_folder(lock), ignore_errors=True)
    lock.unlink(missing_ok=True)
