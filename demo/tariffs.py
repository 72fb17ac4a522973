"""The demo's products. What a description says is what its rates and bands do, and nothing else."""

from __future__ import annotations

from typing import Any

PRODUCTS: tuple[dict[str, Any], ...] = (
    {
        "id": "green-fixed",
        "name": "Green fixed",
        "description": "One price at every hour of every day.",
        "currency": "GBP",
        "unit_rate": "0.2450",
        "standing_charge": "0.5312",
        "export_rate": "0",
        "bands": [],
    },
    {
        "id": "night-owl",
        "name": "Night owl",
        "description": "Half price from 00:30 to 04:30 every night, and 0.08 GBP for each kWh that you give.",
        "currency": "GBP",
        "unit_rate": "0.1998",
        "standing_charge": "0.4790",
        "export_rate": "0.08",
        "bands": [{"name": "night", "begin": "00:30", "end": "04:30", "rate": "0.0999", "days": []}],
    },
    {
        "id": "weekday-peak",
        "name": "Weekday peak",
        "description": "A third dearer from 16:00 to 19:00 on weekdays, and 0.05 GBP for each kWh that you give.",
        "currency": "GBP",
        "unit_rate": "0.2100",
        "standing_charge": "0.4512",
        "export_rate": "0.05",
        "bands": [
            {
                "name": "peak",
                "begin": "16:00",
                "end": "19:00",
                "rate": "0.2800",
                "days": ["mon", "tue", "wed", "thu", "fri"],
            }
        ],
    },
)
