"""What users can be granted on an account, or on all."""

from __future__ import annotations

from core.kernel.api.context import Needs

READ, UPLOAD, TRADE, CHANGE_SETTINGS = "read", "upload", "trade", "changeSettings"
DELETE, EXPORT, SETTLE = "delete", "export", "settle"
ACCOUNT_DOCUMENT = "accounts/{}.json"
"""Where the account's document is."""
ACTIONS = (READ, UPLOAD, TRADE, CHANGE_SETTINGS, DELETE, EXPORT, SETTLE)


def on_account(action: str) -> Needs:
    """A grant of the action on the account in the path."""
    return Needs(token=True, action=action, resource="account", document=ACCOUNT_DOCUMENT)
