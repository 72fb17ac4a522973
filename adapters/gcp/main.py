"""What a deployed function's entry point is looked up in: one name for each function of the set."""

from adapters.gcp.http import api
from adapters.gcp.objects import ingest
from adapters.gcp.queue import bury
from adapters.gcp.schedule import expire

__all__ = ["api", "bury", "expire", "ingest"]
