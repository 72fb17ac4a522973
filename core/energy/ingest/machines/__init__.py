"""Readers of files whose lines are of several kinds, or that are documents: a small machine each."""
