"""The local provider: the site's files, signed URLs, and native events."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from adapters.local.invoke import invoke
from adapters.local.signer import PREFIX, LocalSigner
from adapters.local.site import Site
from core.energy.ingest.texts import is_utf8
from core.kernel import dead_letters, jobs
from core.kernel.errors import TrefoilError
from core.kernel.events import NotReplayable, UnknownEvent
from core.kernel.http import Request
from core.kernel.store import listing
from core.kernel.workflow.steps import StepFailed
from tests.fuzz.target import Target, text_of
from tests.fuzz.targets.requests import System, _quiet, functions

NOW = datetime(2026, 11, 1, tzinfo=UTC)
KEY, NAME = "incoming/Account17/upload-1/a b.csv", "Zähler 2026.csv"
SITE = {"index.html": b"<p>a page", "404.html": b"<p>no page", "assets/app-1.js": b"let a", "a b.txt": b"text"}
EVENTS = Path(__file__).parents[2] / "events"


@contextmanager
def _site() -> Iterator[Site]:
    """A site in a folder beside which there are other files."""
    with tempfile.TemporaryDirectory(prefix="trefoil-fuzz-") as name:
        folder = Path(name, "site")
        for path, content in SITE.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        Path(name, "secret.txt").write_bytes(b"secret")
        Path(name, "site-2").mkdir()
        Path(name, "site-2", "secret.txt").write_bytes(b"secret")
        yield Site(folder)


def a_path(data: bytes) -> None:
    """Whatever is asked for, the answer is a file of the site: the page for a view, the file itself, or 404.html."""
    text = "/" + quote(data, safe="!$&'()*+,;=:@/%-._~\\")
    with _site() as site:
        for method in ("GET", "HEAD"):
            reply = site.handle(Request(method, text))
            assert reply.status in (200, 404)
            assert reply.body in (*SITE.values(), b"")
            assert reply.status == 200 or reply.body in (SITE["404.html"], b"")


def a_signed_url(data: bytes) -> None:
    """A URL permits only what was signed: its method, key, size and name."""
    for secret in ([b"secret"], [b"other", b"secret"]):
        signer = LocalSigner("http://localhost", lambda: [b"secret"], lambda: NOW)
        checking = LocalSigner("http://localhost", partial(list, secret), lambda: NOW)
        for signed, size, name in ((signer.upload(KEY, 12), 12, ""), (signer.download(KEY, NAME), None, NAME)):
            url = urlsplit(signed.url)
            text = text_of(data)
            for place, value in (("{path}", url.path), ("{query}", url.query)):
                text = text.replace(place, value)
            path, _, query = text.partition("?")
            for method in ("GET", "PUT", "HEAD"):
                found = checking.check(method, path, query)
                assert found is None or (found.method, found.key, found.size, found.name) == (
                    signed.method,
                    KEY,
                    size,
                    name,
                )
            assert checking.check(signed.method, url.path, url.query) is not None


def an_event(function: str, data: bytes) -> None:
    """An event is understood, or refused as unknown; or what it asks for fails in a way that is known."""
    _quiet()
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        return
    system = System()
    before = {meta["path"] for meta in listing(system.store, "")}
    try:
        answer = invoke(system.services, function, event)
    except (UnknownEvent, TrefoilError, StepFailed):
        return
    json.dumps(answer)
    folder = {"settle": "steps/settle/"}.get(function)
    if folder is not None:
        for meta in listing(system.store, ""):
            assert meta["path"] in before or meta["path"].startswith(folder), meta["path"]


def a_message(data: bytes) -> None:
    """A message is a job of the queue, or no job; and its dead letter can be read, shown and replayed."""
    _quiet()
    services = System().services
    (queue,) = {job.queue for job in functions().jobs}
    try:
        job, native = jobs.decode(functions(), queue, data)
    except UnknownEvent:
        native = None
    else:
        assert native.__struct_config__.tag == job.kind
    consumer = next(one for one in functions().every.values() if one.trigger.kind == "queue")
    letters = dead_letters.DeadLetters(services.documents, services.clock)
    identifier = dead_letters.bury_message(services, consumer.name, data)
    held = letters.get(identifier)
    assert held is not None
    assert [letter["id"] for letter in letters.every()] == [identifier]
    if native is None and is_utf8(data):  # else the letter has a sign for what is no character, and may be a job
        try:
            dead_letters.replay(services, held)
        except (UnknownEvent, NotReplayable):
            return
        raise AssertionError("what was no job could be replayed")
    json.dumps(held)


def _events(function: str) -> Sequence[bytes]:
    return [path.read_bytes() for path in sorted((EVENTS / "local" / function).glob("*.json"))]


def _messages() -> Sequence[bytes]:
    found: list[Any] = [json.loads(one)["body"] for one in _events("jobs")]
    found += [{"job": job.kind, "account": "Account17", "id": "1", "identity": "1"} for job in functions().jobs]
    return [(one if isinstance(one, str) else json.dumps(one)).encode() for one in found]


KNOWN = "an event is understood, or refused by `UnknownEvent`"
TARGETS = (
    Target(
        "site",
        "a path is a file of the site, or none",
        lambda: [b"", b"assets/app-1.js", b"../secret.txt", b"a%20b.txt", b"..%2fsite-2/secret.txt"],
        a_path,
    ),
    Target(
        "signed-url",
        "a URL permits what was signed",
        lambda: [b"{path}?{query}", b"{path}?{query}&size=13", (PREFIX + "a?signature=").encode()],
        a_signed_url,
    ),
    *(
        Target(f"local-{name}", KNOWN, partial(_events, name), partial(an_event, name))
        for name in ("api", "authorizer", "ingest", "settle", "bury_ingest", "bury_jobs")
    ),
    Target("job-messages", "a message is a job, or a dead letter that can be read", _messages, a_message),
)
