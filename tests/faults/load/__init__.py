"""Bursts, sustained load and many files at once, on every provider (docs/faults.md)."""
