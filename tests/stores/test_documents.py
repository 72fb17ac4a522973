"""Documents on every store: races, order, odd keys, sizes, and other tools' view of them."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from os import urandom
from typing import Any
from urllib.parse import urlsplit

import obstore
import pytest
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

from core.energy.ingest.source import Gone, ObjectReader
from core.kernel.auth import login, users
from core.kernel.clock import system_clock
from core.kernel.documents import Documents, Page, Stale
from core.kernel.errors import Code, TrefoilError
from core.kernel.store import Store, listing, open_store
from tests.beds.cutting_proxy import CuttingProxy
from tests.beds.processes import NOBODY
from tests.contract.system import Harness
from tests.races import assert_none_is_lost, creators_that_succeed, increment_at_once
from tests.requests import noted

ODD = ["a b", "a+b", "a%20b", "ä ö 漢字 💡", "a&b=c;d?e#f", "~'()!*$,:@", "a\\b", "...", "x" * 200, "A", "a"]


def test_of_sixteen_creators_one_succeeds(documents: Documents) -> None:
    assert creators_that_succeed(documents) == 1


def test_eight_writers_of_six_updates_lose_none(documents: Documents) -> None:
    increment_at_once(documents)
    assert_none_is_lost(documents)


def test_a_stale_revision_replaces_nothing(documents: Documents) -> None:
    documents.create("a.json", 1)
    first = documents.get("a.json")
    assert first is not None
    documents.replace("a.json", 2, first.revision)
    with pytest.raises(Stale):
        documents.replace("a.json", 3, first.revision)
    documents.delete("a.json")
    with pytest.raises(Stale):
        documents.replace("a.json", 4, first.revision)
    documents.delete("a.json")
    assert documents.get("a.json") is None


def test_many_are_read_in_the_order_of_their_paths(documents: Documents) -> None:
    for number in range(20):
        documents.create(f"{number}.json", number)
    found = documents.get_many(["3.json", "none.json", *(f"{number}.json" for number in range(20))])
    assert [one and one.value for one in found] == [3, None, *range(20)]


def test_a_login_asks_three_things_of_the_store(documents: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first two at once; where there is no conditional write, the third is a look and a write under a lock."""
    users.save(documents, system_clock, "podge", "correct horse")
    for _ in range(2):
        with monkeypatch.context() as patch:
            asked = noted(patch)
            login.check_password(documents, system_clock, "podge", "correct horse")
            kinds = (
                sorted(one.split()[0] for one in asked[:2]),
                [one.split()[0] for one in asked[2:] if "head" not in one],
            )
            assert kinds == (["get", "get"], ["put"])


def test_of_many_guesses_at_once_five_are_told_that_they_were_wrong(documents: Documents) -> None:
    def guess(number: int) -> Code | None:
        try:
            login.check_password(documents, system_clock, "podge", f"guess {number}")
        except TrefoilError as error:
            return error.code
        return None

    users.save(documents, system_clock, "podge", "correct horse")
    with ThreadPoolExecutor(24) as pool:
        found = list(pool.map(guess, range(24)))
    assert found.count(Code.UNAUTHENTICATED) == 5
    assert found.count(Code.TOO_MANY_REQUESTS) == 19


def test_a_list_of_more_than_one_page_is_whole_and_ordered(documents: Documents) -> None:
    names = [f"many/{number:04}.json" for number in range(1100)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda name: documents.create(name, name), reversed(names)))
    documents.create("many-more/x.json", 1)
    assert documents.list("many") == names


def test_a_page_is_the_next_documents_and_costs_no_more_than_that(
    documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{number:03}" for number in range(25)]
    for name in names:
        documents.create(f"paged/{name}.json", {"name": name})
    documents.create("paged-more/x.json", 1)
    asked = noted(monkeypatch)
    page = documents.page("paged", limit=10)
    assert [name for name, _ in page.found] == [value["name"] for _, value in page.found] == names[:10]
    assert page.following == names[9]
    assert [one.split()[0] for one in asked] == ["list", *["get"] * 10]
    page = documents.page("paged", after=names[9], limit=10)
    assert [name for name, _ in page.found] == names[10:20]
    documents.delete("paged/021.json")
    page = documents.page("paged", after=names[19], limit=10)
    assert [name for name, _ in page.found] == ["020", "022", "023", "024"]
    assert page.following is None
    assert documents.page("paged", after="x", limit=1) == documents.page("nothing", limit=1) == Page([], None)


def test_a_page_that_ends_with_the_last_document_has_none_after_it(documents: Documents) -> None:
    for number in range(4):
        documents.create(f"ends/{number}.json", number)
    assert documents.page("ends", limit=4).following is None
    assert documents.page("ends", limit=3).following == "2"


def test_a_list_is_ordered_by_the_bytes_of_its_names(store: Store, documents: Documents) -> None:
    for name in ("b/2", "b/10", "b/1", "b/Z", "b/ä", "bb/1"):
        documents.create(f"{name}.json", name)
    assert [meta["path"] for meta in listing(store, "b")] == [
        "b/1.json",
        "b/10.json",
        "b/2.json",
        "b/Z.json",
        "b/ä.json",
    ]


def test_what_a_list_does_not_find_is_empty(documents: Documents) -> None:
    assert documents.list("nothing") == []


@pytest.mark.parametrize("name", ODD)
def test_an_odd_key_is_written_read_listed_and_deleted(harness: Harness, documents: Documents, name: str) -> None:
    if "\\" in name and harness.provider == "azure":
        pytest.skip("Azure itself turns a backslash in a blob's name into a slash")
    path = f"odd/{name}.json"
    documents.create(path, name)
    found = documents.get(path)
    assert found is not None
    assert found.value == name
    assert documents.list("odd") == [path]
    documents.delete(path)
    assert documents.list("odd") == []


@pytest.mark.parametrize("name", ODD)
def test_an_odd_key_is_the_same_for_the_official_client(
    harness: Harness, place: str, documents: Documents, name: str
) -> None:
    documents.create(f"theirs/{name}.json", "ours")
    assert json.loads(harness.fetch(f"{place}/theirs/{name}.json")) == "ours"
    harness.drop(f"{place}/ours/{name}.json", b'"theirs"')
    found = documents.get(f"ours/{name}.json")
    assert found is not None
    assert found.value == "theirs"


@pytest.mark.parametrize("size", [0, 1, 50 * 1024 * 1024], ids=["0 bytes", "1 byte", "50 MiB"])
def test_an_object_of_any_size_comes_back_whole(harness: Harness, store: Store, place: str, size: int) -> None:
    content = urandom(size)
    obstore.put(store.client, "object", content)
    assert harness.fetch(f"{place}/object") == content
    harness.drop(f"{place}/theirs", content)
    assert bytes(obstore.get(store.client, "theirs").bytes()) == content
    assert obstore.head(store.client, "theirs")["size"] == size


def test_a_large_object_is_created_only_once(store: Store) -> None:
    """Also when it is so large that it is sent in parts."""
    content = bytes(12 * 1024 * 1024)
    obstore.put(store.client, "large", content, mode="create", use_multipart=False)
    with pytest.raises(AlreadyExistsError):
        obstore.put(store.client, "large", b"other", mode="create")
    assert obstore.head(store.client, "large")["size"] == len(content)


def test_a_ranged_read_of_a_replaced_object_fails(store: Store) -> None:
    obstore.put(store.client, "object", b"first")
    meta = obstore.head(store.client, "object")
    obstore.put(store.client, "object", b"other")
    reader = ObjectReader(store, "object", size=5, version=meta["e_tag"] or "")
    with pytest.raises(Gone):
        reader.read_into(memoryview(bytearray(5)))


def test_a_reader_gets_the_bytes_in_order(store: Store) -> None:
    content = urandom(9 * 1024 * 1024 + 7)
    obstore.put(store.client, "object", content)
    meta = obstore.head(store.client, "object")
    reader = ObjectReader(store, "object", size=len(content), version=meta["e_tag"] or "")
    taken, buffer = bytearray(), memoryview(bytearray(1024 * 1024))
    while size := reader.read_into(buffer):
        taken += buffer[:size]
    assert bytes(taken) == content


def unavailable(call: Any) -> BaseException:
    with pytest.raises(TrefoilError) as caught:
        call()
    assert caught.value.code is Code.UNAVAILABLE
    assert "try again later" in caught.value.detail
    assert caught.value.__cause__ is not None
    return caught.value.__cause__


def test_a_store_that_does_not_answer_is_unavailable(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    if not harness.unreachable:
        pytest.skip("a folder is always there to answer")
    for name, value in harness.unreachable.items():
        monkeypatch.setenv(name, value)
    documents = Documents(open_store(harness.store.url))
    unavailable(lambda: documents.get("a.json"))
    unavailable(lambda: documents.create("a.json", 1))


@pytest.mark.parametrize("cuts", [1, 3])
def test_a_connection_lost_midway_neither_cuts_nor_loses_an_object(
    harness: Harness, place: str, monkeypatch: pytest.MonkeyPatch, cuts: int
) -> None:
    if not harness.unreachable:
        pytest.skip("a folder needs no connection")
    content = urandom(8 * 1024 * 1024)
    harness.drop(f"{place}/object", content)
    ((name, value),) = harness.unreachable.items()
    port = urlsplit(os.environ[name]).port
    assert port is not None
    for direction in ("down", "up"):
        proxy = CuttingProxy(port, cuts=cuts, after=1024 * 1024)
        monkeypatch.setenv(name, value.replace(NOBODY, proxy.url))
        client = open_store(f"{harness.store.url}/{place}").client
        if direction == "down":
            with suppress(BaseError):  # given up is allowed; what comes is whole
                assert bytes(obstore.get(client, "object").bytes()) == content
            assert bytes(obstore.get(client, "object").bytes()) == content
        else:
            obstore.put(client, "sent", content, use_multipart=False)
            assert harness.fetch(f"{place}/sent") == content
        proxy.close()
        monkeypatch.undo()


def test_credentials_that_the_store_does_not_know_are_unavailable_and_named(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not harness.strangers:
        pytest.skip(f"the store of {harness.provider} asks for no credentials here")
    for name, value in harness.strangers.items():
        monkeypatch.setenv(name, value)
    documents = Documents(open_store(harness.store.url))
    assert "privileges" in str(unavailable(lambda: documents.get("a.json")))
    unavailable(lambda: documents.create("a.json", 1))
    unavailable(lambda: documents.list("a"))


def test_a_bucket_that_is_gone_is_not_an_empty_one(harness: Harness) -> None:
    if harness.store.folder:
        pytest.skip("a folder that is gone is made anew")
    scheme = harness.store.url.partition("://")[0]
    documents = Documents(open_store(f"{scheme}://no-such-bucket-here"))
    unavailable(lambda: documents.create("a.json", 1))
    unavailable(lambda: documents.list("a"))
    if harness.provider != "gcp":  # the stand-in says NoSuchKey here; Cloud Storage says NoSuchBucket
        unavailable(lambda: documents.get("a.json"))


def test_a_condition_is_not_a_failure_of_the_store(store: Store) -> None:
    obstore.put(store.client, "a", b"1")
    with pytest.raises(PreconditionError):
        obstore.get(store.client, "a", options={"if_match": '"other"'})
