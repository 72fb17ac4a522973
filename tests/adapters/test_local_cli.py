"""The `trefoil` command."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.local import bootstrap
from adapters.local.__main__ import main
from core.energy.accounts import accounts
from core.energy.trading import products
from core.kernel.clock import system_clock
from core.kernel.dead_letters import DeadLetters
from core.kernel.documents import Documents
from core.kernel.events import GivenUp
from core.kernel.store import open_store
from tests.contract.system import PRODUCT


class Run:
    """Runs commands on one folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._capsys, self._monkeypatch = folder, capsys, monkeypatch

    def __call__(self, *arguments: str, stdin: str = "", fails: bool = False) -> str:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        status = main(["--folder", str(self.folder), *arguments])
        captured = self._capsys.readouterr()
        assert status == (1 if fails else 0), captured.err
        return captured.err if fails else captured.out

    def event(self, event: Any) -> str:
        path = self.folder.parent / "event.json"
        path.write_text(event if isinstance(event, str) else json.dumps(event))
        return str(path)


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """A command that is run within this process sets its own."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


@pytest.fixture(params=["data", "a folder with é, % and #"])
def trefoil(
    request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    return Run(tmp_path / request.param, capsys, monkeypatch)


def test_users(trefoil: Run) -> None:
    trefoil("users", "set", "podge", "--password-stdin", stdin="correct horse\n")
    assert trefoil("users", "list") == "podge\n"
    assert (trefoil.folder / "store").stat().st_mode & 0o077 == 0
    assert "at least 8 characters" in trefoil("users", "set", "x", "--password-stdin", stdin="short\n", fails=True)
    trefoil("users", "remove", "podge")
    assert "there is no user" in trefoil("users", "remove", "../../podge", fails=True)


@pytest.mark.parametrize("hours", [-3, 3])
def test_users_are_not_changed_by_a_wrong_clock(trefoil: Run, monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    """It would end all tokens for hours, or too few."""
    trefoil("users", "set", "podge", "--password-stdin", stdin="correct horse\n")
    monkeypatch.setattr(
        bootstrap.services, "__kwdefaults__", {"clock": lambda: system_clock() + timedelta(hours=hours)}
    )
    for command in (("set", "podge", "--password-stdin"), ("remove", "podge")):
        said = trefoil("users", *command, stdin="battery staple\n", fails=True)
        assert "set the clock of this machine right first" in said
    assert trefoil("users", "list") == "podge\n"
    assert list((trefoil.folder / "store" / "logins").glob("*")) == []


def test_grants(trefoil: Run) -> None:
    trefoil("users", "set", "podge", "--password-stdin", stdin="correct horse\n")
    trefoil("grants", "add", "podge", "read", "Account17")
    trefoil("grants", "add", "podge", "admin", "*")
    assert trefoil("grants", "list", "podge") == "admin *\nread Account17\n"
    trefoil("grants", "remove", "podge", "admin", "*")
    assert trefoil("grants", "list", "podge") == "read Account17\n"
    assert "there is no user 'nobody'" in trefoil("grants", "add", "nobody", "read", "*", fails=True)
    assert "neither an account id" in trefoil("grants", "add", "podge", "read", "a/b", fails=True)


def test_a_key_rotation(trefoil: Run) -> None:
    first = trefoil("keys", "list").split()
    assert first[1] == "signs"
    assert (trefoil.folder / "signing-keys.pem").stat().st_mode & 0o777 == 0o600
    trefoil("keys", "add")
    old, new = (line.split()[0] for line in trefoil("keys", "list").splitlines())
    assert old == first[0]
    for _ in range(2):
        trefoil("keys", "promote", new)
        assert trefoil("keys", "list") == f"{new} signs\n{old} verifies\n"
    assert "promote another key first" in trefoil("keys", "remove", new, fails=True)
    assert "there is no key" in trefoil("keys", "remove", "other", fails=True)
    trefoil("keys", "remove", old)
    assert trefoil("keys", "list") == f"{new} signs\n"
    assert (trefoil.folder / "signing-keys.pem").stat().st_mode & 0o777 == 0o600


def test_a_key_can_be_made_for_another_place(trefoil: Run) -> None:
    assert trefoil("keys", "new").startswith("-----BEGIN PRIVATE KEY-----")


def test_dead_letters(trefoil: Run) -> None:
    store = open_store((trefoil.folder / "store").as_uri())
    letters = DeadLetters(Documents(store), system_clock)
    letter = letters.bury(GivenUp("ingest", {"key": "incoming/A/a.csv", "revision": "1"}, 5, "why"))
    (trefoil.folder / "store" / "readings").write_text("in the way")
    drop = trefoil.folder / "store" / "incoming" / "A"
    drop.mkdir(parents=True)
    (drop / "a.csv").write_text("point,start,version,kwh\n1012345678903,2026-01-01T00:00:00Z,1,0.5\n")
    assert trefoil("dead-letters", "list").startswith(f"{letter} ")
    assert json.loads(trefoil("dead-letters", "show", letter))["error"] == "why"
    assert "did not serve readings/A" in trefoil("dead-letters", "replay", letter, fails=True)
    (trefoil.folder / "store" / "readings").unlink()
    assert json.loads(trefoil("dead-letters", "replay", letter))["accepted"] == 1
    assert trefoil("dead-letters", "list") == ""
    assert "there is no dead letter" in trefoil("dead-letters", "show", letter, fails=True)
    assert "there is no dead letter" in trefoil("dead-letters", "replay", "../x", fails=True)
    unread = letters.bury(GivenUp("ingest", {"native": {"odd": 1}}, 5, "no such event"))
    assert "holds no event" in trefoil("dead-letters", "replay", unread, fails=True)
    assert trefoil("dead-letters", "list").startswith(f"{unread} ")


def test_invoke_runs_every_function(trefoil: Run) -> None:
    event = trefoil.event({"method": "GET", "path": "/api/hello", "query": "name=Tim"})
    assert json.loads(trefoil("invoke", "api", "--event", event))["body"] == '{"message":"Hello Tim"}'
    event = trefoil.event({"authorization": ["Bearer x.y.z"]})
    assert json.loads(trefoil("invoke", "authorizer", "--event", event)) == {"authorized": False}
    incoming = trefoil.folder / "store" / "incoming" / "A"
    incoming.mkdir(parents=True)
    (incoming / "a.csv").write_text("point,start,version,kwh\n1012345678903,2026-01-01T00:00:00Z,1,0.5\n")
    report = json.loads(trefoil("invoke", "ingest", "--event", "-", stdin='{"key": "incoming/A/a.csv"}'))
    assert report["accepted"] == 1
    event = trefoil.event({"method": "GET", "path": "/.well-known/jwks.json", "headers": {"X-Request-Id": "1"}})
    assert ["X-Request-Id", "1"] in json.loads(trefoil("invoke", "api", "--event", event))["headers"]


@pytest.mark.parametrize(
    ("function", "event", "complaint"),
    [
        ("nothing", {}, "there are api, authorizer, ingest"),
        ("api", {"path": "/"}, "missing required field `method`; the event has: path"),
        ("api", {"method": "GET", "path": "/", "extra": 1}, "unknown field `extra`"),
        ("api", {"method": 1, "path": "/"}, "Expected `str`, got `int`"),
        ("api", {"method": "GET", "path": "/", "headers": [["a", "b"]]}, "Expected `object`, got `array`"),
        ("api", {"method": "GET", "path": "/", "query": "\ud800"}, "percent-encoded ASCII"),
        ("authorizer", {"authorization": 5}, "Expected `array`"),
        ("ingest", {"key": 5}, "Expected `str`"),
        ("ingest", [], "the event has: list"),
        ("ingest", "{", "is not JSON"),
        ("ingest", "[" * 100_000, "is not JSON"),
    ],
)
def test_an_event_of_another_form_is_an_error_that_says_what_it_saw(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    event: Any,
    complaint: str,
) -> None:
    import re

    trefoil = Run(tmp_path / "data", capsys, monkeypatch)
    assert re.search(complaint, trefoil("invoke", function, "--event", trefoil.event(event), fails=True))


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TREFOIL_STORE", "nonsense"),
        ("TREFOIL_STORE", "file:///proc/self/nothing"),
        ("TREFOIL_STORE", "file://[x"),
        ("TREFOIL_STORE", "file:///"),
        ("TREFOIL_ISSUER", "https://[bad"),
        ("TREFOIL_SIGNING_KEY", "file:///proc/self/nothing/key.pem"),
        ("TREFOIL_SIGNING_KEY", "file:///bin/sh"),
        ("TREFOIL_SIGNING_KEY", "not a key"),
        ("TREFOIL_LOG_LEVEL", "LOUD"),
    ],
)
def test_a_bad_variable_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    trefoil = Run(tmp_path / "data", capsys, monkeypatch)
    assert trefoil("serve", "--port", "0", fails=True).startswith(f"trefoil: {variable}: ")


def test_settle_does_a_month_without_a_server_and_goes_on_with_a_batch(trefoil: Run) -> None:
    documents = Documents(open_store((trefoil.folder / "store").as_uri()))
    accounts.ensure(documents, "A")
    accounts.ensure(documents, "Empty")
    products.save(documents, PRODUCT)
    documents.put("settings/A.json", {"contract": [{"product": PRODUCT["id"], "from": "2025-01-01"}]})
    starts = (datetime(2025, 11, 1, tzinfo=UTC) + timedelta(minutes=30) * number for number in range(30 * 48))
    rows = "".join(f"1012345678903,{start:%Y-%m-%dT%H:%M:%SZ},1,0.5\n" for start in starts)
    file = trefoil.folder / "store" / "incoming" / "A" / "month.csv"
    file.parent.mkdir(parents=True)
    file.write_text(f"point,start,version,kwh\n{rows}")
    trefoil("invoke", "ingest", "--event", trefoil.event({"key": "incoming/A/month.csv"}))
    said = trefoil("settle", "--month", "2025-11", "--account", "A")
    assert "1 of 1 settled in " in said
    assert "A, 2025-11, version 1: 720 kWh taken, 0 kWh given; 192.34 GBP" in said
    arguments = ("settle", "--month", "2025-11", "--all", "--name", "november")
    assert main(["--folder", str(trefoil.folder), *arguments]) == 1
    assert main(["--folder", str(trefoil.folder), *arguments]) == 1
    assert len(documents.list("runs/settle/A")) == 2
    said = trefoil("settle", "--month", "2025-12", "--all", "--name", "november", fails=True)
    assert "there is another batch november" in said
    assert "'2025-13' is no month" in trefoil("settle", "--month", "2025-13", "--all", fails=True)
    assert "there is no account 'B'" in trefoil("settle", "--month", "2025-11", "--account", "B", fails=True)
    assert "give 1 to 100" in trefoil("settle", "--month", "2025-11", "--all", "--at-once", "0", fails=True)


def test_products_are_set_from_a_file_or_from_standard_input(trefoil: Run, tmp_path: Path) -> None:
    assert trefoil("products", "list") == ""
    text = json.dumps({**PRODUCT, "unit_rate": "0.3"})
    assert trefoil("products", "set", "-", stdin=text) == f"{PRODUCT['id']} is on sale\n"
    assert trefoil("products", "list") == f"{PRODUCT['id']:24} 0.3 GBP/kWh  {PRODUCT['name']}\n"
    for wrong, complaint in (
        ("{", "- is no product: "),
        ("[]", "- is no product: Expected `object`"),
        (json.dumps({**PRODUCT, "price": "1"}), "unknown field `price`"),
        (json.dumps({name: value for name, value in PRODUCT.items() if name != "id"}), "- has no id"),
        (json.dumps({**PRODUCT, "id": "Green"}), "'Green' must be lower-case letters"),
        (json.dumps({**PRODUCT, "unit_rate": "1e3"}), "unit_rate: '1e3' is no rate"),
    ):
        assert complaint in trefoil("products", "set", "-", stdin=wrong, fails=True)
    file = tmp_path / "product.json"
    assert "No such file" in trefoil("products", "set", str(file), fails=True)
    file.write_text(json.dumps(PRODUCT))
    trefoil("products", "set", str(file))
    assert " 0.2450 GBP/kWh " in trefoil("products", "list")
    trefoil("accounts", "add", "A")
    documents = Documents(open_store((trefoil.folder / "store").as_uri()))
    documents.put("settings/A.json", {"contract": [{"product": PRODUCT["id"], "from": "2025-01-01"}]})
    assert "is in the contract of A; agree" in trefoil("products", "remove", str(PRODUCT["id"]), fails=True)
    trefoil("accounts", "remove", "A")
    trefoil("products", "remove", str(PRODUCT["id"]))
    assert trefoil("products", "list") == ""


def test_accounts_are_listed_made_and_deleted_with_all_that_is_theirs(trefoil: Run) -> None:
    for name in ("B", "A-1", "A"):
        assert trefoil("accounts", "add", name) == f"{name} is there\n"
    documents = Documents(open_store((trefoil.folder / "store").as_uri()))
    documents.put("settings/A.json", {"display_name": "Ada"})
    trefoil("users", "set", "podge", "--password-stdin", stdin="correct horse\n")
    trefoil("grants", "add", "podge", "read", "B")
    assert accounts.condemn(documents, "A-1", accounts.identity(documents, "A-1") or "")
    listed = [line.split() for line in trefoil("accounts", "list").splitlines()]
    assert listed == [["A", "ready", "Ada"], ["A-1", "deleting"], ["B", "ready"]]
    assert "A-1" in trefoil("accounts", "add", "A-1", fails=True)
    assert "is no name of an account" in trefoil("accounts", "add", "a/b", fails=True)
    assert trefoil("accounts", "remove", "B") == "B is deleted, with 0 objects\n"
    assert trefoil("grants", "list", "podge") == ""
    assert "there is no account 'B' to delete" in trefoil("accounts", "remove", "B", fails=True)


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("serve", "invoke", "users", "grants", "keys", "dead-letters", "accounts", "products", "settle"):
        with pytest.raises(SystemExit) as stopped:
            main([command, "--help"])
        assert stopped.value.code == 0
        assert command in capsys.readouterr().out


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["serve", "--port", port])
    assert stopped.value.code == 2
