"""Workflows: declared once as data, run by each cloud's own engine, or by the interpreter here where there is none."""
