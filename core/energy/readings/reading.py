"""What a reading says besides its number: in which direction, over how long, how well, and in which run.

A reading is (account, point, channel, start, version) -> value, with its minutes and its quality.
"""

from __future__ import annotations

IMPORT, EXPORT = "import", "export"
REACTIVE_IMPORT, REACTIVE_EXPORT = "reactive-import", "reactive-export"
UNITS = {IMPORT: "kWh", EXPORT: "kWh", REACTIVE_IMPORT: "kVArh", REACTIVE_EXPORT: "kVArh"}
"""Each channel's unit. Import is what flows from the grid to the customer, export what flows back."""

MINUTES = (5, 10, 15, 30, 60)
"""How long an interval may be. Each begins on its own grid, so it lies within one hour of UTC."""
HALF_HOUR = 30

ACTUAL, ESTIMATED, SUBSTITUTED = "actual", "estimated", "substituted"
QUALITIES = (ACTUAL, SUBSTITUTED, ESTIMATED)
"""Measured; put in place of a measurement by whoever answers for it; and guessed. The worst of several is the last."""

MAX_VERSION = 24
"""Versions are 1 to 24; a later settlement run has a higher one."""
