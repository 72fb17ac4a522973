"""Meter files: sent, looked at, taken into the account's readings row by row, and reported; nothing is lost."""
