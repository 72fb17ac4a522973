"""Kills, stores that fail, and load (`nox -s faults`)."""
