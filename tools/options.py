"""What several commands of this project are told alike. Uses the standard library alone."""

from __future__ import annotations

import argparse


def functions_option(parser: argparse.ArgumentParser) -> None:
    """`--functions NAME`: which function set; None is the one that the environment chooses."""
    parser.add_argument("--functions", metavar="NAME", help="the package of a function set of one's own")
