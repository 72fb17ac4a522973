"""Adapters: one package per provider, each turning native events into core's and core's results into native replies."""
