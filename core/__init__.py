"""Trefoil's provider-agnostic core: everything the function set does, and nothing about where it runs.

Nothing below this package imports a cloud SDK or anything from `adapters`; `nox -s lint` checks both.
"""

VERSION = "0.1.0"
DEFAULT_FUNCTIONS = "core.energy"
"""The package whose function set runs where none is chosen."""
