from __future__ import annotations

import multiprocessing
from pathlib import Path
from threading import Barrier
from typing import Any

import obstore
import pytest

from core.kernel.conditional import Revision
from core.kernel.documents import UPDATE_ATTEMPTS, AlreadyExists, Documents, Stale
from core.kernel.errors import Code, TrefoilError
from core.kernel.fetching import AT_ONCE
from core.kernel.store import Store, open_store
from tests.races import WRITERS, assert_none_is_lost, creators_that_succeed, increment, increment_at_once
from tools import waiting


@pytest.fixture
def documents(any_store: Store) -> Documents:
    return Documents(any_store)


def test_what_is_written_is_read(documents: Documents) -> None:
    documents.create("a/b.json", {"text": "ü", "number": 1})
    document = documents.get("a/b.json")
    assert document is not None
    assert document.value == {"text": "ü", "number": 1}


def test_what_is_not_there_is_none(documents: Documents) -> None:
    assert documents.get("a/b.json") is None


def test_many_are_read_in_the_order_of_their_paths(documents: Documents) -> None:
    for number in range(20):
        documents.create(f"{number}.json", number)
    found = documents.get_many(["3.json", "none.json", *(f"{number}.json" for number in range(20))])
    assert [one and one.value for one in found] == [3, None, *range(20)]
    assert documents.get_many([]) == []


def test_a_distant_store_is_asked_for_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is answered before all are asked."""
    barrier = Barrier(AT_ONCE + 1, timeout=waiting.PATIENCE)

    def asked(*_: Any) -> Any:
        barrier.wait()
        raise FileNotFoundError

    monkeypatch.setattr(obstore, "get", asked)
    distant = Documents(open_store("s3://bucket"))
    paths = [f"{number}.json" for number in range(AT_ONCE + 1)]
    assert distant.get_many(paths) == [None] * len(paths)


def test_create_never_replaces(documents: Documents) -> None:
    documents.create("a.json", 1)
    with pytest.raises(AlreadyExists):
        documents.create("a.json", 2)
    assert documents.get("a.json").value == 1  # type: ignore[union-attr]


def test_replace_needs_the_revision_that_was_read(documents: Documents) -> None:
    documents.create("a.json", 1)
    first = documents.get("a.json")
    assert first is not None
    documents.replace("a.json", 2, first.revision)
    with pytest.raises(Stale):
        documents.replace("a.json", 3, first.revision)
    assert documents.get("a.json").value == 2  # type: ignore[union-attr]


def test_replace_of_nothing_is_stale(documents: Documents) -> None:
    with pytest.raises(Stale):
        documents.replace("a.json", 1, Revision('"0"'))


def test_put_writes_over_anything(documents: Documents) -> None:
    documents.put("a.json", 1)
    documents.put("a.json", 2)
    assert documents.get("a.json").value == 2  # type: ignore[union-attr]


def test_delete_twice_is_no_error(documents: Documents) -> None:
    documents.create("a.json", 1)
    documents.delete("a.json")
    documents.delete("a.json")
    assert documents.get("a.json") is None


def test_list_is_ordered_and_keeps_to_its_prefix(documents: Documents) -> None:
    for name in ("b/2", "b/10", "b/1", "bb/1", "a/1"):
        documents.create(f"{name}.json", name)
    assert documents.list("b") == ["b/1.json", "b/10.json", "b/2.json"]
    assert list(documents.values("b")) == ["b/1", "b/10", "b/2"]


def test_of_sixteen_creators_one_succeeds(documents: Documents) -> None:
    assert creators_that_succeed(documents) == 1


def test_eight_threads_lose_no_update(documents: Documents) -> None:
    increment_at_once(documents)
    assert_none_is_lost(documents)


def _process(url: str) -> None:
    increment(Documents(open_store(url)))


def test_eight_processes_lose_no_update(tmp_path: Path) -> None:
    url = tmp_path.as_uri()
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_process, args=(url,)) for _ in range(WRITERS)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert_none_is_lost(Documents(open_store(url)))


def test_an_update_that_changes_nothing_writes_nothing(documents: Documents) -> None:
    documents.create("a.json", {"x": 1})
    before = documents.get("a.json")
    assert documents.update("a.json", lambda value: value) == {"x": 1}
    assert documents.get("a.json") == before


def test_an_update_that_wants_nothing_where_nothing_is_writes_nothing(documents: Documents) -> None:
    assert documents.update("a.json", lambda value: value) is None
    assert documents.get("a.json") is None


def test_an_update_that_always_loses_gives_up(documents: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    documents.create("a.json", 0)

    def change(value: Any) -> Any:
        documents.put("a.json", value + 1)
        return value + 100

    with pytest.raises(TrefoilError, match=r"too many others write a\.json"):
        documents.update("a.json", change)
    assert documents.get("a.json").value == UPDATE_ATTEMPTS  # type: ignore[union-attr]


def test_a_store_that_fails_is_unavailable(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(TrefoilError) as caught:
        open_store((blocked / "store").as_uri())
    assert caught.value.code is Code.UNAVAILABLE
    documents = Documents(open_store((tmp_path / "store").as_uri()))
    (tmp_path / "store" / "users").write_text("in the way")
    with pytest.raises(TrefoilError, match=r"did not serve users/a\.json; try again later"):
        documents.create("users/a.json", 1)
