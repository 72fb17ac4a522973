"""Requests, files and events of strangers, in every provider's runtime (`nox -s abuse`)."""
