"""The one private store of a deployment: where it is, and how its failures read.

`TREFOIL_STORE` names it (`file://`, `memory://`, `s3://`, `gs://`, `az://`); obstore serves them all. The kernel's own
documents lie under `users/`, `grants/`, `logins/`, `schedules/` and `dead-letters/`; the rest is the function set's.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import obstore
from msgspec import Struct, field
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

from core.kernel.errors import unavailable

if TYPE_CHECKING:
    from pathlib import Path

    from obstore.store import ClientConfig, RetryConfig

# A store that fails or does not answer must not take all of the 29 seconds that a request has: what is asked of it is
# given up after the sum of the two last ones. The waits between tries grow from 0.1 s and are drawn at random.
MAX_RETRIES = 8
RETRY_FOR = timedelta(seconds=8)
"""Within which one more try is begun."""
SILENCE = timedelta(seconds=6)
"""Without a byte of an answer, after which a try has failed."""
WHOLE = timedelta(seconds=20)
"""For a whole answer to the table engine, whose client knows no silence."""
_TABLE_OPTIONS = {
    "max_retries": str(MAX_RETRIES),
    "retry_timeout": f"{int(RETRY_FOR.total_seconds())}s",
    "timeout": f"{int(WHOLE.total_seconds())}s",
}
_VARIABLES = {"s3": "AWS", "gs": "GOOGLE", "az": "AZURE"}
UNFINISHED_FOR = timedelta(days=1)
"""How long a file may lie unfinished and unchanged: no writer takes so long from one piece to the next."""
_UNFINISHED = re.compile(r"#[0-9]+$")
ERASED_AT_ONCE = 1000
ERASURES = 3
"""How often the deletion of an object that is still listed is tried."""
_CHARACTERS = re.compile(r"[^\ud800-\udfff]*")
# How S3, Cloud Storage and Azure say that not the object but the whole bucket is missing.
_NO_BUCKET = re.compile(r"<Code>(NoSuchBucket|ContainerNotFound)</Code>|container does not exist")


class Store(Struct, frozen=True, eq=False):
    """An opened store: its URL and obstore's client. Cheap to make; safe to share between threads.

    `memory` is what rooms keep in mind of it for as long as it is open, each under a name of its own and bounded.
    """

    url: str
    client: ObjectStore
    memory: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path | None:
        """The folder behind a `file://` store, else None."""
        if not isinstance(self.client, LocalStore):
            return None
        from pathlib import Path  # which no cloud needs

        return Path(unquote(urlsplit(self.url).path))

    def key_of(self, bucket: str, name: str) -> str | None:
        """The key of the object `name` in `bucket`, relative to this store; None when it lies outside.

        A store on this machine is in no bucket: there the whole name is the key. No store has a name with half a
        character, as an event's JSON can hold.
        """
        if not _CHARACTERS.fullmatch(name):
            return None
        url = urlsplit(self.url)
        if url.scheme in ("file", "memory"):
            return name
        prefix = url.path.strip("/")
        if bucket != url.netloc or not name.startswith(f"{prefix}/" if prefix else ""):
            return None
        return name[len(prefix) + 1 :] if prefix else name

    def table_uri(self, path: str) -> str:
        """Where the Delta Lake table at a path lies, in the form that deltalake takes."""
        folder = self.folder
        return str(folder / path) if folder else f"{self.url}/{path}"

    @property
    def table_options(self) -> dict[str, str]:
        """What deltalake takes beside the environment."""
        return {} if self.folder else _TABLE_OPTIONS


def open_store(url: str) -> Store:
    """Open the store at `url`; a `file://` folder is made when missing.

    Credentials and region of a cloud's store come from the environment, under the names that its own tools use
    (`AWS_*`, `GOOGLE_*`, `AZURE_*`) or from the platform's identity. Nothing is asked of a cloud before the first use.
    Raises `TrefoilError(UNAVAILABLE)` when the folder can't be made.
    """
    scheme = urlsplit(url).scheme
    with failures(url):
        if scheme == "file":
            return Store(url, from_url(url, mkdir=True))
        if scheme == "memory":
            return Store(url, from_url(url))
        retries: RetryConfig = {"max_retries": MAX_RETRIES, "retry_timeout": RETRY_FOR}
        client: ClientConfig = {"read_timeout": SILENCE}
        # What is given here takes the place of all that the environment says of the client, so that is said again.
        if os.environ.get(f"{_VARIABLES[scheme]}_ALLOW_HTTP") == "true":
            client["allow_http"] = True
        return Store(url, from_url(url, retry_config=retries, client_options=client))


@contextmanager
def failures(what: str) -> Iterator[None]:
    """Turn what a store raises, other than "not found" and failed conditions, into `UNAVAILABLE`."""
    try:
        yield
    except (BaseError, OSError) as error:
        if isinstance(error, FileNotFoundError) and not _NO_BUCKET.search(str(error)):
            raise
        first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise unavailable(f"the store did not serve {what}") from OSError(first_line)


def listing(store: Store, prefix: str) -> list[obstore.ObjectMeta]:
    """Every object under `prefix/`, ordered by path (a local folder lists in no order of its own)."""
    with failures(f"the list of {prefix}/"):
        found = [meta for batch in obstore.list(store.client, prefix, chunk_size=1000) for meta in batch]
    return sorted(found, key=lambda meta: meta["path"])


def time_of(store: Store) -> datetime:
    """What the store's clock says, to the second: when it wrote what it is given, which is taken away again."""
    probe = f"logins/clock-{uuid4().hex}"
    with failures(probe):
        obstore.put(store.client, probe, b"")
        written = obstore.head(store.client, probe)["last_modified"]
        obstore.delete(store.client, probe)
    return written


def listing_from(store: Store, prefix: str, *, after: str, limit: int) -> list[str]:
    """The first `limit` paths under `prefix/` behind the path `after`, in order.

    A cloud lists in order and is asked for no more than that (but Azure's begins at the front each time).
    """
    if isinstance(store.client, LocalStore | MemoryStore):  # which list in no order, or whole
        return [meta["path"] for meta in listing(store, prefix) if meta["path"] > after][:limit]
    found: list[str] = []
    with failures(f"the list of {prefix}/"):
        for batch in obstore.list(store.client, prefix, offset=after or None, chunk_size=limit):
            found += [meta["path"] for meta in batch]
            if len(found) >= limit:
                break
    return found[:limit]


def erase(store: Store, prefix: str, *, before: datetime | None = None) -> int:
    """Delete every object under `prefix/`, or those last changed before a time; returns how many there were.

    What somebody else deletes meanwhile is no error. Raises `TrefoilError(UNAVAILABLE)`: erase again, it goes on.
    """
    with failures(f"the deletion of {prefix}/"):
        if store.folder is not None:
            return _erase_files(store.folder / prefix, before)
        return _erase_objects(store, prefix, before)


def _erase_objects(store: Store, prefix: str, before: datetime | None) -> int:
    tried: Counter[str] = Counter()
    while True:
        found = {
            meta["path"]: meta["size"]
            for meta in listing(store, prefix)
            if (before is None or meta["last_modified"] < before) and tried[meta["path"]] < ERASURES
        }
        batch = list(found)[:ERASED_AT_ONCE]
        if not batch:
            break
        try:
            obstore.delete(store.client, batch)
        except FileNotFoundError:
            # Somebody else was faster with one of them, and the rest of the batch was given up.
            for path in batch:
                with suppress(FileNotFoundError):
                    obstore.delete(store.client, path)
        tried.update(batch)
    # A console's folder marker ends in a slash, which no client of obstore's can name: it is empty, and may stay.
    left = {meta["path"]: meta["size"] for meta in listing(store, prefix) if tried[meta["path"]] >= ERASURES}
    if held := [path for path, size in left.items() if size]:
        raise OSError(f"{held[0]} is still there after {ERASURES} deletions")
    return len(tried) - len(left)


def _erase_files(folder: Path, before: datetime | None) -> int:
    """Also what obstore does not list: its own unfinished files, and names that no object store could hold."""
    from pathlib import Path

    count = 0
    for name, _, files in os.walk(folder, topdown=False, onerror=_unless_gone):
        for path in (Path(name, file) for file in files):
            with suppress(FileNotFoundError):
                if before is None or path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    count += 1
        with suppress(OSError):  # it holds something still, or is gone
            Path(name).rmdir()
    return count


def erase_unfinished(store: Store, *, before: datetime, but: Sequence[str]) -> int:
    """Delete what is left of writes that a crash cut off before a time; returns how many files there were.

    Only a folder has any, in obstore's name for them, `NAME#1`; a cloud's bucket has a rule of its own. Prefixes in
    `but` are passed over: of what others put there such a name may be the whole one.
    """
    if store.folder is None:
        return 0
    from pathlib import Path

    count = 0
    with failures("the deletion of unfinished files"):
        for name, _, files in os.walk(store.folder, onerror=_unless_gone):
            if f"{Path(name).relative_to(store.folder).as_posix()}/".startswith(tuple(but)):
                continue
            for path in (Path(name, file) for file in files if _UNFINISHED.search(file)):
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime < before.timestamp():
                        path.unlink()
                        count += 1
    return count


def _unless_gone(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def back_off(lost: int) -> None:
    """Wait before the next try at a conditional write, after `lost` earlier races: up to 5 ms, doubling up to 0.5 s.

    The wait is drawn at random ("full jitter", https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/),
    so that those who lost together don't meet again.
    """
    import random  # only a lost race pays for the import

    time.sleep(random.uniform(0, min(0.5, 0.005 * 2 ** min(lost, 7))))  # noqa: S311  not a secret
