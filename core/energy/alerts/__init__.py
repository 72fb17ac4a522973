"""Alerts: a mail on the morning after a settlement day that took more than the account's settings allow."""
