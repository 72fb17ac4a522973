"""What a deployed function's entry point is looked up in: one name for each function of the set."""

import flask

from adapters.gcp.http import api
from adapters.gcp.objects import ingest
from adapters.gcp.queue import bury
from adapters.gcp.schedule import expire

__all__ = ["api", "bury", "expire", "ingest"]

# functions-framework runs this file inside its application, which would redirect //: a path like any other.
flask.current_app.url_map.merge_slashes = False
