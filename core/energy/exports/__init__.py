"""Exports: an account's readings of a period, written to a file by a job."""
