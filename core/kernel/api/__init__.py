"""This API: whether it is up, and what it can do.

`app` answers requests; `router` has all routes: the kernel's own (`routes`) and the set's.
"""
