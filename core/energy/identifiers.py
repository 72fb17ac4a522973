"""What the names that the company's customers and operators choose may look like."""

from __future__ import annotations

import re

PRODUCT = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
SITE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
"""A place that weather is forecast for."""
