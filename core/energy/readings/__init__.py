"""Readings: what the meters of an account measured, as recorded and summed up, and what its files can't say.

One Delta Lake table per account. Importing a module here loads the table engine.
"""
