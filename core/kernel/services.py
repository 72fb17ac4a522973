"""What the handlers need from outside, put together once by each adapter's bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec
from msgspec import Struct, field

from core.kernel import telemetry
from core.kernel.auth.authorizer import Principal, Refused, verdict
from core.kernel.auth.keys import Keyring
from core.kernel.auth.turns import Turns
from core.kernel.clock import Clock, system_clock
from core.kernel.config import Config, ConfigError
from core.kernel.documents import Documents
from core.kernel.errors import TrefoilError
from core.kernel.events import MAX_BYTES
from core.kernel.functions import Function, FunctionSet, chosen, resolve
from core.kernel.mail.rules import check
from core.kernel.store import Store, open_store
from core.kernel.triggers import Schedule


class SignedUrl(Struct, frozen=True):
    """A request that its holder may make directly, until it expires."""

    url: str
    method: str
    headers: Mapping[str, str]
    expires_at: datetime


class UrlSigner(Protocol):
    """Port: lets a client move large content directly to and from the store.

    A signed upload writes exactly `size` bytes, only where nothing is, and only at that key; anything else is refused
    by the store or leaves no object. The signed headers must be sent as given. A download is answered with what
    `core.kernel.http.Attachment` says of `name`, so that a browser keeps a file of that name, whatever the key. Both
    expire after a stated time, at most one hour. Signing checks nothing: it is the caller who knows that the user may.
    """

    def upload(self, key: str, size: int) -> SignedUrl: ...

    def download(self, key: str, name: str) -> SignedUrl: ...


class Queues(Protocol):
    """Port: the queues of the function set, by their names.

    A message is UTF-8 of at most 48 KiB. It is delivered to the function that takes from its queue at least once, in no
    order, one a call; after a failure again with growing or fixed delay, as often as is declared, and then it becomes a
    dead letter. `send` returns when the queue has the message for good; it raises `TrefoilError(UNAVAILABLE)` when
    that is not known, and then the message may have been sent all the same.

    `parent` is the trace that the message belongs to (`core.kernel.telemetry`), empty for none. It is delivered with
    the message, and is no part of what that says.
    """

    def send(self, queue: str, message: bytes, parent: str = "") -> None: ...


class Workflows(Protocol):
    """Port: the engine that runs the workflows of the function set.

    `start` begins a run (`scope/id`, the id being one that no other run of the workflow has) from its document, see
    `core.kernel.workflow.runs`. It returns when the engine has it for good. A run that was started already may be
    started again: then it goes on, or its steps are asked for twice, which changes nothing. Raises
    `TrefoilError(UNAVAILABLE)` when it is not known whether the engine has it.
    """

    def start(self, workflow: str, run: str, document: Mapping[str, Any]) -> None: ...


class Notifier(Protocol):
    """Port: mails to people.

    `send` returns when the next mail server has taken the mail, of plain text, for good. It raises
    `TrefoilError(UNAVAILABLE)` for what may pass, and `core.kernel.mail.rules.Refused` for what will not, saying why.
    After either, and after a crash, the mail may have been sent all the same.
    """

    def send(self, to: str, subject: str, text: str) -> None: ...


class Services(Struct, frozen=True):
    """The composition that every handler receives."""

    provider: str
    functions: FunctionSet
    config: Config
    own: Any
    """What the set's `settings` made of the environment."""
    clock: Clock
    store: Store
    documents: Documents
    keyring: Keyring
    signer: UrlSigner
    queues: Queues
    workflows: Workflows
    logins: Turns = field(default_factory=Turns)
    notifier: Notifier | None = None
    """None where no mail is configured: nobody can be told anything then, and whoever would be is told that."""

    def judge(self, authorization: Sequence[str]) -> Principal | Refused:
        """The verdict on the values of a request's `Authorization` headers: see `core.kernel.auth.authorizer`."""
        config = self.config
        return verdict(authorization, self.keyring, issuer=config.issuer, audience=config.audience, now=self.clock())

    def send(self, queue: str, message: Any) -> None:
        """Put a message into a queue of the set: bytes as they are, anything else that msgspec knows as JSON.

        Raises `ValueError` for a queue that nobody reads, and for a message that is empty, no UTF-8 or beyond
        `MAX_BYTES`: a cloud's queue takes none. Raises `TrefoilError(UNAVAILABLE)` when the queue does not take it.
        """
        if queue not in self.functions.queues:
            raise ValueError(
                f"nobody reads the queue {queue!r}; there are {', '.join(self.functions.queues) or 'none'}"
            )
        body = message if isinstance(message, bytes) else msgspec.json.encode(message)
        if len(body) > MAX_BYTES:
            raise ValueError(f"a message for {queue} has {len(body)} bytes, more than {MAX_BYTES}: send a pointer")
        if not body:
            raise ValueError(f"a message for {queue} is empty; give it something to say")
        try:
            body.decode()
        except UnicodeDecodeError:
            raise ValueError(f"a message for {queue} is not UTF-8, which queues of text take: {body[:40]!r}") from None
        with telemetry.span(f"send {queue}", "producer", values={"messaging.destination.name": queue}):
            self.queues.send(queue, body, telemetry.parent())

    def mail(self, to: str, subject: str, text: str) -> None:
        """Send a mail of plain text: once, unless this raises or the process ends before it returns.

        Raises `ValueError` for what is no address, a subject of several lines, and where `notifier` is None, besides
        what `Notifier.send` raises.
        """
        if self.notifier is None:
            raise ValueError("no mail is configured here: look at `notifier` before")
        check(to, subject)
        self.notifier.send(to, subject, text)

    def cron(self, function: Function) -> str:
        """When a schedule fires here: as TREFOIL_SCHEDULES says, else as it is declared."""
        return self.config.schedules.get(function.name, function.trigger.source)


def compose(
    provider: str,
    environment: Mapping[str, str],
    config: Config,
    *,
    signing_key: Callable[[], str],
    signer: Callable[[Store, Keyring], UrlSigner],
    queues: Callable[[Store], Queues],
    workflows: Callable[[Store], Workflows],
    logins: Turns | None = None,
    notifier: Notifier | None = None,
    clock: Clock = system_clock,
) -> Services:
    """The services of one deployment, from a provider's own parts: where the key is, who signs URLs, queues, workflows.

    `logins` is how many may log in at once, where a process serves more than a few requests. `notifier` is what
    TREFOIL_MAIL names, or None.

    Raises `ConfigError` when TREFOIL_STORE names a store that can't be opened, TREFOIL_FUNCTIONS a set that can't be
    had, TREFOIL_SCHEDULES a function that no schedule fires, or a variable of the set's own is bad.
    """
    functions = chosen(environment)
    scheduled = [one.name for one in functions.of(Schedule)]
    for name in config.schedules:
        if name not in scheduled:
            known = ", ".join(scheduled) or "none"
            raise ConfigError("TREFOIL_SCHEDULES", f"no schedule fires {name!r}; those that it fires: {known}")
    own = resolve(functions.settings)(environment) if functions.settings else None
    try:
        store = open_store(config.store)
    except TrefoilError as error:
        raise ConfigError("TREFOIL_STORE", f"{config.store} can't be opened: {error.__cause__}") from None
    keyring, documents = Keyring(signing_key, clock), Documents(store)
    signs, sends, runs = signer(store, keyring), queues(store), workflows(store)
    turns = logins or Turns()
    return Services(
        provider, functions, config, own, clock, store, documents, keyring, signs, sends, runs, turns, notifier
    )
