"""A readings table's Delta Lake log, read and written with as few requests to the store as it takes.

An entry is written where none is, so that of several writers of one version one succeeds. What was read of a table is
kept with its store: then two requests made at once tell whether it is still the newest version. The engine (deltalake)
writes the checkpoints, cleans up, and reads what is read whole.

Understood is what the engine writes for a table of this form: the protocol's first reader version, its second writer
version, and checkpoints of one file. Any other table is refused, not misread.
https://github.com/delta-io/delta/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import io
import json
import re
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Any

import msgspec
import obstore
from arro3.core import Table
from arro3.io import read_parquet
from msgspec import Struct
from obstore.exceptions import AlreadyExistsError

from core.energy.readings.engine import failures as engine_failures
from core.energy.readings.engine import open_table
from core.energy.readings.files import DataFile, Extent, widest
from core.kernel.errors import unavailable
from core.kernel.fetching import Fetched, fetch
from core.kernel.store import Store, back_off, failures, listing, listing_from

READER, WRITER = 1, 2
"""The versions of the protocol that are read and written."""
AHEAD = 8
"""Entries that are asked for at once beyond the newest one known."""
TABLES = 64
"""Tables that a store's process keeps in mind, those used last."""
ENTRIES = 100_000
"""Files and transactions that all of them may have together."""
LIFE = 24 * 3600
"""Seconds after which one is read anew: no entry that was written meanwhile can be cleaned up, which takes a month."""
ATTEMPTS = 5
_ENTRY = re.compile(r"/(\d{20})\.json$")


class _ReplacedError(Exception):
    """What is known of a table is of another one, or of a part of its log that was cleaned up."""


class LogError(Exception):
    """A table's log is not understood. The message names the table and what it has."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One version of a table: its live files, the transactions that took effect, and its metadata.

    `tag` is the store's of that version's entry, which tells the table from a later one in its place.
    """

    version: int
    tag: str
    files: Mapping[str, DataFile] = field(default_factory=dict)
    transactions: Mapping[str, int] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def former(self) -> bool:
        """Whether it has the columns of before 2026-11."""
        return '"kwh"' in self.metadata.get("schemaString", "")

    @property
    def weight(self) -> int:
        return len(self.files) + len(self.transactions)


class _Add(Struct, rename="camel"):
    path: str
    size: int
    stats: str | None = None
    deletion_vector: Any = None


class _Remove(Struct):
    path: str


class _Transaction(Struct, rename="camel"):
    app_id: str
    version: int


class _Protocol(Struct, rename="camel"):
    min_reader_version: int
    min_writer_version: int


class _Action(Struct, rename="camel"):
    """A line of an entry. Those of other kinds say nothing of which readings there are."""

    add: _Add | None = None
    remove: _Remove | None = None
    txn: _Transaction | None = None
    protocol: _Protocol | None = None
    meta_data: dict[str, Any] | None = None


class _Hint(Struct, rename="camel"):
    version: int
    parts: int | None = None


_ACTION = msgspec.json.Decoder(_Action)
_HINT = msgspec.json.Decoder(_Hint)


class Log:
    """The log of the table at a prefix of the store. Cheap to make: what it keeps in mind is the store's."""

    def __init__(self, store: Store, prefix: str) -> None:
        self._store = store
        self._prefix = prefix

    def newest(self) -> Snapshot | None:
        """The newest version there is, None for no table. Raises `TrefoilError(UNAVAILABLE)`, or `LogError`."""
        kept = kept_by(self._store)
        known = kept.get(self._prefix)
        for lost in range(ATTEMPTS):
            try:
                snapshot = self._after(known) if known else self._read()
            except _ReplacedError:
                known = None
                back_off(lost)
                continue
            kept.put(self._prefix, snapshot)
            return snapshot
        raise unavailable(f"{self._prefix} is replaced by others time and again")

    def append(self, snapshot: Snapshot | None, actions: Sequence[Mapping[str, Any]]) -> Snapshot | None:
        """Write the entry that follows a version (None: the table's first); None when another writer was first.

        So it is also when the store wrote it and its answer was lost: the newest version then has its transaction.
        """
        version = snapshot.version + 1 if snapshot else 0
        content = b"".join(msgspec.json.encode(action) + b"\n" for action in actions)
        path = self._entry(version)
        with failures(path):
            try:
                written = obstore.put(self._store.client, path, content, mode="create")
            except AlreadyExistsError:
                return None
        made = self._applied(snapshot, version, Fetched(content, {"e_tag": written["e_tag"]}))  # type: ignore[typeddict-item]
        kept_by(self._store).put(self._prefix, made)
        return made

    def entry(self, version: int) -> list[dict[str, Any]]:
        """The actions of a version; none when its entry was cleaned up."""
        (found,) = fetch(self._store, [self._entry(version)])
        return [json.loads(line) for line in found.content.splitlines()] if found else []

    def checkpoint(self) -> None:
        """Have the engine write one of the newest version, with what else it may have to mend."""
        table = open_table(self._store, self._prefix)
        if table is not None:
            with engine_failures(self._prefix):
                table.create_checkpoint()

    def clean_up(self, *, before: datetime) -> None:
        """Remove entries that are a month old, but none that leads to a version that was the newest after that time.

        In the end there is a checkpoint of the newest version, and the pointer names it.
        """
        entries = [one for one in listing(self._store, f"{self._prefix}/_delta_log") if _ENTRY.search(one["path"])]
        past = [one for one in entries if one["last_modified"] < before]
        pointer = self._log("_last_checkpoint")
        (former,) = fetch(self._store, [pointer])
        if past and (table := open_table(self._store, self._prefix, int(_ENTRY.findall(past[-1]["path"])[0]))):
            with engine_failures(self._prefix):
                table.create_checkpoint()
                table.cleanup_metadata()
        self.checkpoint()
        (now,) = fetch(self._store, [pointer])
        if former and now and _HINT.decode(now.content).version < _HINT.decode(former.content).version:
            with failures(pointer):  # the engine writes none where there is one, and so has left it behind
                obstore.put(self._store.client, pointer, former.content)

    def _after(self, known: Snapshot) -> Snapshot | None:
        """The newest version, from one that was. Raises `_ReplacedError` when that is no version of the table now."""
        same, *following = fetch(self._store, [self._entry(known.version), self._entry(known.version + 1)])
        if same is None or same.meta["e_tag"] != known.tag:
            raise _ReplacedError
        return self._applied_all(known, known.version + 1, following)

    def _read(self) -> Snapshot | None:
        """The newest version, with nothing known of the table."""
        hint, first = fetch(self._store, [self._log("_last_checkpoint"), self._entry(0)])
        if hint is None and first is None:
            if not listing_from(self._store, f"{self._prefix}/_delta_log", after="", limit=1):
                return None
        elif hint is None and first is not None:
            return self._applied_all(self._applied(None, 0, first), 1, [])
        elif hint is not None and (found := self._from_checkpoint(hint)) is not None:
            return found
        # The pointer or what it points at is gone or of another form: the engine finds its way, and writes them anew.
        self.checkpoint()
        (hint,) = fetch(self._store, [self._log("_last_checkpoint")])
        found = self._from_checkpoint(hint) if hint else None
        if found is None:
            raise LogError(f"{self._prefix} has a Delta Lake log of a form that is not read here; write a checkpoint")
        return found

    def _from_checkpoint(self, hint: Fetched) -> Snapshot | None:
        """The newest version from the checkpoint that the pointer names; None when that can't be read."""
        said = _HINT.decode(hint.content)
        entries = [self._entry(said.version + number) for number in range(AHEAD + 1)]
        checkpoint, own, *following = fetch(
            self._store, [self._log(f"{said.version:020}.checkpoint.parquet"), *entries]
        )
        if said.parts or checkpoint is None or own is None:
            return None
        table = Table.from_arrow(read_parquet(io.BytesIO(checkpoint.content)))
        if "sidecar" in table.column_names and any(table.column("sidecar").to_pylist()):
            return None
        names: list[str] = [name for name in ("add", "txn", "protocol", "metaData") if name in table.column_names]
        lines = ({name: value} for name in names for value in table.column(name).to_pylist() if value is not None)
        snapshot = self._changed(None, said.version, own.meta["e_tag"] or "", map(_of_parquet, lines))
        return self._applied_all(snapshot, said.version + 1, following)

    def _applied_all(self, base: Snapshot, version: int, found: Sequence[Fetched | None]) -> Snapshot:
        """A version with the entries found from `version` on, and with all that follow those.

        Raises `_ReplacedError` when the table was replaced meanwhile, so that some may be of the one and some of the
        other.
        """
        snapshot = base
        while True:
            for entry in found:
                if entry is None:
                    return self._same(base, snapshot)
                snapshot, version = self._applied(snapshot, version, entry), version + 1
            found = fetch(self._store, [self._entry(version + number) for number in range(AHEAD)])

    def _same(self, base: Snapshot, snapshot: Snapshot) -> Snapshot:
        if snapshot is not base:
            (again,) = fetch(self._store, [self._entry(base.version)])
            if again is None or again.meta["e_tag"] != base.tag:
                raise _ReplacedError
        return snapshot

    def _applied(self, snapshot: Snapshot | None, version: int, entry: Fetched) -> Snapshot:
        try:
            actions = [_ACTION.decode(line) for line in entry.content.splitlines() if line]
        except msgspec.DecodeError as error:
            raise LogError(f"{self._entry(version)} is not understood: {error}") from None
        return self._changed(snapshot, version, entry.meta["e_tag"] or "", actions)

    def _changed(self, snapshot: Snapshot | None, version: int, tag: str, actions: Iterable[_Action]) -> Snapshot:
        before = snapshot or Snapshot(-1, "")
        files, transactions, metadata = dict(before.files), dict(before.transactions), before.metadata
        added: list[_Add] = []
        for action in actions:
            if (protocol := action.protocol) is not None:
                self._check(protocol)
            if action.meta_data is not None:
                metadata = action.meta_data
            if action.txn is not None:
                transactions[action.txn.app_id] = action.txn.version
            if action.remove is not None:
                files.pop(action.remove.path, None)
            if action.add is not None:
                added.append(action.add)
        found = replace(before, version=version, tag=tag, transactions=transactions, metadata=metadata)
        for add in added:
            if add.deletion_vector is not None:
                raise LogError(f"{self._prefix}/{add.path} has a deletion vector, which is not read here; purge it")
            files[add.path] = DataFile(add.path, add.size, _extent(add.stats, former=found.former))
        return replace(found, files=files)

    def _check(self, protocol: _Protocol) -> None:
        found = (protocol.min_reader_version, protocol.min_writer_version)
        if found[0] > READER or found[1] > WRITER:
            raise LogError(
                f"{self._prefix} asks for reader version {found[0]} and writer version {found[1]} of Delta Lake's "
                f"protocol; {READER} and {WRITER} are understood here"
            )

    def _entry(self, version: int) -> str:
        return self._log(f"{version:020}.json")

    def _log(self, name: str) -> str:
        return f"{self._prefix}/_delta_log/{name}"


class Kept:
    """Tables that were read, those used last: at most `TABLES`, with `ENTRIES` together. Safe between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: OrderedDict[str, tuple[Snapshot, float]] = OrderedDict()

    def get(self, prefix: str) -> Snapshot | None:
        with self._lock:
            snapshot, since = self._held.get(prefix, (None, 0.0))
            if snapshot is None or abs(time.time() - since) > LIFE:
                return None
            self._held.move_to_end(prefix)
            return snapshot

    def put(self, prefix: str, snapshot: Snapshot | None) -> None:
        with self._lock:
            self._held.pop(prefix, None)
            if snapshot is not None:
                self._held[prefix] = snapshot, time.time()
            while len(self._held) > TABLES or (
                len(self._held) > 1 and sum(one.weight for one, _ in self._held.values()) > ENTRIES
            ):
                self._held.popitem(last=False)


def kept_by(store: Store) -> Kept:
    """What a process keeps in mind of a store's tables, as long as the store itself."""
    kept: Kept = store.memory.setdefault("readings", Kept())
    return kept


def _of_parquet(line: dict[str, Any]) -> _Action:
    """A row of a checkpoint as the line of an entry; its maps are lists of pairs."""
    if (metadata := line.get("metaData")) is not None:
        form = {**metadata["format"], "options": dict(metadata["format"]["options"])}
        line = {"metaData": {**metadata, "format": form, "configuration": dict(metadata["configuration"])}}
    return msgspec.convert(line, _Action)


def _extent(stats: str | None, *, former: bool) -> Extent:
    """The box of a file, by its statistics. Where its writer left none, it may hold anything."""
    said = json.loads(stats) if stats else {}
    low, high = said.get("minValues", {}), said.get("maxValues", {})
    edges = [
        (_edge(low.get(name), lowest), _edge(high.get(name), highest))
        for name, (lowest, highest) in widest(former=former).items()
    ]
    return Extent(said.get("numRecords", 0), *edges)


def _edge(value: Any, otherwise: Any) -> Any:
    if value is None:
        return otherwise
    return datetime.fromisoformat(value) if isinstance(otherwise, datetime) else value
