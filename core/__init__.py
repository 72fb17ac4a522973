"""Trefoil's provider-agnostic core: what function sets are made of, one of them, and nothing about where they run.

Nothing below this package imports a cloud SDK or anything from `adapters`; `nox -s lint` checks both.
"""

VERSION = "0.1.0"
DEFAULT_FUNCTIONS = "core.energy"
"""The package whose function set runs where none is chosen."""
