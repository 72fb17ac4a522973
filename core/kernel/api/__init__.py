"""The REST API. `core.kernel.api.app` answers requests; `core.energy.routes` lists what there is."""
