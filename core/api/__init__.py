"""The REST API. `core.api.app` answers requests; `core.api.routes` lists what there is."""
