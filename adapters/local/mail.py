"""Mails as files in a folder, for a machine without a mail server: any mail program opens them."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core.kernel.clock import Clock, sortable
from core.kernel.config import ConfigError
from core.kernel.errors import unavailable
from core.kernel.mail.rules import VARIABLE
from core.kernel.mail.smtp import written


class Folder:
    """Writes each mail as `TIME-DIGEST.eml`, readable by the owner. See `core.kernel.services.Notifier`.

    A file appears whole, under its name. What looks into the folder delivers it, or nobody does.
    """

    def __init__(self, value: str, sender: str, clock: Clock) -> None:
        url = urlsplit(value)
        if url.netloc or url.query or url.fragment or not url.path.strip("/"):
            raise ConfigError(VARIABLE, f"{value!r} must hold an absolute path, as in file:///var/spool/trefoil")
        self._folder = Path(unquote(url.path))
        self._sender = sender
        self._clock = clock
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(VARIABLE, f"the folder {self._folder} can't be made: {error.strerror}") from None

    def send(self, to: str, subject: str, text: str) -> None:
        content = written(self._sender, to, subject, text, self._clock()).as_bytes()
        path = self._folder / f"{sortable(self._clock())}-{sha256(content).hexdigest()[:12]}.eml"
        part = path.with_suffix(".part")
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                stream.write(content)
            part.replace(path)
        except OSError as error:
            raise unavailable(f"the folder {self._folder} did not take the mail") from error
