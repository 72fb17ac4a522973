"""What the names that the company's customers and operators choose may look like."""

from __future__ import annotations

import re

POINT = re.compile(r"[0-9]{13}|[A-Z0-9]{10}")
"""A metering point: an MPAN (13 digits, Great Britain) or an NMI (10 characters, Australia)."""
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
PRODUCT = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
SITE = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
"""A place that weather is forecast for."""
