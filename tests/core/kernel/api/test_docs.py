from __future__ import annotations

import gzip
import json
from hashlib import sha256

import pytest

from core.kernel.api import docs
from core.kernel.api.app import App
from core.kernel.http import MAX_RESPONSE_BODY, Request
from core.kernel.services import Services


def test_the_files_are_those_of_the_release_that_is_named() -> None:
    """`python -m tools.swagger_ui VERSION` brings another one; nothing in them is changed by hand."""
    component = json.loads((docs.SWAGGER_UI / "component.json").read_text())
    named = {one["name"]: one["hashes"][0]["content"] for one in component["components"]}
    found = {one.name: one.read_bytes() for one in docs.SWAGGER_UI.iterdir() if one.name != "component.json"}
    assert {name: sha256(content).hexdigest() for name, content in found.items()} == named
    assert {"LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"} <= found.keys()
    assert component["version"].encode() in found["swagger-ui-bundle.js"]


def test_each_file_is_answered_well_below_the_limit_packed_or_not(services: Services) -> None:
    app = App(services)
    for name, (folder, media_type) in docs.FILES.items():
        path = f"/api/docs/{docs.version()}/{name}"
        plain = app.handle(Request("GET", path))
        assert (plain.status, plain.body) == (200, (folder / name).read_bytes())
        assert len(plain.body) < MAX_RESPONSE_BODY / 2
        assert ("Content-Type", media_type) in plain.headers
        packed = app.handle(Request("GET", path, headers=(("accept-encoding", "br, gzip"),)))
        assert gzip.decompress(packed.body) == plain.body


def test_a_file_that_is_changed_has_another_path(monkeypatch: pytest.MonkeyPatch) -> None:
    before = docs.version()
    monkeypatch.setitem(docs.FILES, "start.js", (docs.FOLDER, "text/javascript"))
    docs.version.cache_clear()
    assert docs.version() == before
    monkeypatch.delitem(docs.FILES, "start.css")
    docs.version.cache_clear()
    assert docs.version() != before
    monkeypatch.undo()
    docs.version.cache_clear()


def test_a_title_is_text_and_no_markup() -> None:
    body = docs.page("<script>alert(1)</script> & Co {where}").body.decode()
    assert "<title>&lt;script&gt;alert(1)&lt;/script&gt; &amp; Co {where}: the API</title>" in body
