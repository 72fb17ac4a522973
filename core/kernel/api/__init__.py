"""The REST API. `app` answers requests; `router` has all routes: the kernel's own (`routes`) and the set's."""
