"""The parts of docs/ that are made from declarations; `python -m tools.docs --write` makes them anew.

A page is written by hand around its parts. Each part stands between a comment that names it and one that ends it.
"""
