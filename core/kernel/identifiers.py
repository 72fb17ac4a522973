"""What the names that users choose may look like."""

from __future__ import annotations

import re


def exactly(pattern: str) -> str:
    """A pattern for a whole text, for JSON Schema and msgspec. (`$` alone also matches before a last line feed.)"""
    return f"^(?:{pattern})$(?![\\s\\S])"


ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
USER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}")
DOCUMENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,127}")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{_LABEL}(?:\.{_LABEL})*")
"""What browsers take for one (https://html.spec.whatwg.org/#valid-e-mail-address): no space, no line break, one @."""
LONGEST_EMAIL = 254
"""RFC 5321, with the brackets that it has there."""
