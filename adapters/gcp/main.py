"""What a deployed function's entry point is looked up in: one name for each function of the set."""

from adapters.gcp.http import api
from adapters.gcp.objects import ingest
from adapters.gcp.queue import bury_ingest, bury_jobs, jobs
from adapters.gcp.schedule import forecast, maintain

__all__ = ["api", "bury_ingest", "bury_jobs", "forecast", "ingest", "jobs", "maintain"]
