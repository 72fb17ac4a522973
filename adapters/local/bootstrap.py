"""The composition root of the local provider."""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from adapters.local.queue import SqliteQueues
from adapters.local.signer import LocalSigner
from adapters.local.workflows import SqliteWorkflows
from core.kernel import logs
from core.kernel.auth import keys
from core.kernel.auth.keys import Keyring
from core.kernel.auth.turns import Turns
from core.kernel.clock import Clock, system_clock
from core.kernel.config import Config, ConfigError
from core.kernel.mail.chosen import notifier
from core.kernel.services import Notifier, Services, compose

PROVIDER = "local"
LOGINS = 4
"""Logins that go on or wait; the server has more threads than that."""
HASHES = max(1, (os.cpu_count() or 1) - 1)
"""Passwords that are hashed at once: whatever logs in, a core is left to the others, where there are two."""
DEFAULT_FOLDER = Path("trefoil-data")


class NoQueues:
    """For commands that work on a cloud's store: its queues and workflows belong to the functions there."""

    def send(self, queue: str, message: bytes, _: str = "") -> None:
        sent = f"{message.decode(errors='replace')} was not sent to {queue}"
        raise ConfigError("TREFOIL_STORE", f"only a file:// store has its queues here; {sent}")

    def start(self, workflow: str, run: str, _: Mapping[str, Any]) -> None:
        raise ConfigError("TREFOIL_STORE", f"only a file:// store runs its workflows here; not {workflow} {run}")


def environment(folder: Path, base_url: str, given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The configuration of a server whose data lie in `folder`; variables that are set win over these defaults.

    Raises `ConfigError` for an empty TREFOIL_STORE, as a command that failed leaves it: this folder was not meant.
    """
    if given.get("TREFOIL_STORE", "set").strip() == "":
        raise ConfigError("TREFOIL_STORE", "is empty: name a store, or unset it for the folder on this machine")
    folder = folder.resolve()
    defaults = {
        "TREFOIL_STORE": (folder / "store").as_uri(),
        "TREFOIL_ISSUER": base_url,
        "TREFOIL_AUDIENCE": "trefoil",
        "TREFOIL_SIGNING_KEY": (folder / "signing-keys.pem").as_uri(),
    }
    found = {**defaults, **{name: value for name, value in given.items() if value.strip()}}
    if found["TREFOIL_STORE"].startswith("file://"):  # a cloud's store has its site elsewhere
        found.setdefault("TREFOIL_SITE", base_url)
    return found


def services(variables: Mapping[str, str], *, base_url: str, clock: Clock = system_clock) -> Services:
    """Everything the handlers need.

    Raises `ConfigError` for a variable that is bad, or names a store that can't be opened.
    """
    config = Config.from_environment(variables)
    logs.configure(config)
    return compose(
        PROVIDER,
        variables,
        config,
        signing_key=lambda: read_key(config.signing_key),
        signer=lambda _, keyring: LocalSigner(base_url, lambda: signing_secrets(keyring), clock),
        queues=lambda store: SqliteQueues(store.folder, clock) if store.folder else NoQueues(),
        workflows=lambda store: SqliteWorkflows(store.folder, clock) if store.folder else NoQueues(),
        logins=Turns(at_once=HASHES, places=LOGINS),
        notifier=notifier(config, "file:///FOLDER, ", {"file": lambda: _folder(config, clock)}),
        clock=clock,
    )


def _folder(config: Config, clock: Clock) -> Notifier:
    from adapters.local.mail import Folder  # only where mails are written so

    return Folder(config.mail, config.mail_from, clock)


def path_of(reference: str) -> Path | None:
    """The file or folder that a `file://` URL names: of the store, or of the signing key. None for what is none."""
    return Path(unquote(urlsplit(reference).path)) if reference.startswith("file://") else None


def read_key(reference: str) -> str:
    """PEM text as it is, or what the file at a `file://` reference holds; a missing file is made with a new key."""
    path = path_of(reference)
    if path is None:
        return reference
    try:
        if not path.exists():
            _make_key(path)
    except OSError as error:
        raise ConfigError("TREFOIL_SIGNING_KEY", f"{path} can't be made: {error.strerror}") from None
    try:
        return path.read_text()
    except OSError as error:
        raise ConfigError("TREFOIL_SIGNING_KEY", f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError("TREFOIL_SIGNING_KEY", f"{path} is not PEM text") from None


def _make_key(path: Path) -> None:
    """Of several processes that start at once, one makes the key and all use it.

    What is written first has one name: so a process that is killed meanwhile leaves nothing that the next one does not
    take the place of.
    """
    from filelock import FileLock  # only the first start pays for the import

    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        if not path.exists():
            write_key(path, keys.generate())


def write_key(path: Path, text: str) -> None:
    """Write a file of private keys whole or not at all, readable by its owner only."""
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(text)
    new.replace(path)


def signing_secrets(keyring: Keyring) -> list[bytes]:
    """Secrets for signed local URLs, derived from the token keys: the first one signs, all of them are accepted."""
    numbers = [key.private.private_numbers().d for key in keyring.keys()]  # noqa: SIM118  not a mapping
    return [
        sha256(b"trefoil signed local URL" + number.to_bytes((number.bit_length() + 7) // 8, "big")).digest()
        for number in numbers
    ]
