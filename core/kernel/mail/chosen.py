"""By what a deployment sends mails, as TREFOIL_MAIL says. SMTP is spoken on every provider; an adapter brings more."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from core.kernel.config import Config, ConfigError
from core.kernel.mail.rules import VARIABLE

if TYPE_CHECKING:
    from core.kernel.services import Notifier

_KIND = re.compile(r"[a-z]{1,8}")


def notifier(config: Config, forms: str, own: Mapping[str, Callable[[], Notifier]]) -> Notifier | None:
    """What TREFOIL_MAIL names, None where it names nothing; `own` are the adapter's ways, by what stands before `:`.

    `forms` says what these look like, in words. Raises `ConfigError`, without the value: it may hold a password.
    """
    if not config.mail:
        return None
    kind = config.mail.partition(":")[0]
    if kind in own:
        return own[kind]()
    if kind in ("smtp", "smtps"):
        from core.kernel.mail.smtp import Smtp  # only where mails are sent so

        return Smtp(config.mail, config.mail_from)
    said = repr(kind) if _KIND.fullmatch(kind) else "its value"
    raise ConfigError(VARIABLE, f"{said} is no way to send mails here; give {forms}smtp://HOST or smtps://HOST")
