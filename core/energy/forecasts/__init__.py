"""Forecasts: the weather of the configured sites, fetched daily."""
