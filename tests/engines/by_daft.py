"""`python -m tests.engines.by_daft RUNNER TABLE POINT`: the sum of a point's import at version 1, as JSON text."""

from __future__ import annotations

import json
import sys

import daft
from daft import col

runner, table, point = sys.argv[1:]
(daft.set_runner_ray if runner == "ray" else daft.set_runner_native)()
wanted = (col("point") == point) & (col("channel") == "import") & (col("version") == 1)
found = daft.read_deltalake(table).where(wanted).agg(col("value").sum()).to_pydict()
print(json.dumps(str(found["value"][0])))
