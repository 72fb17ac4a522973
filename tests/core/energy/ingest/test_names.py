from __future__ import annotations

import pytest

from core.energy.ingest.names import stem


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("readings.csv", "readings"),
        ("readings.csv.gz", "readings"),
        ("readings.ZIP", "readings"),
        ("2026.01.csv", "2026.01"),
        ("2026.01", "2026.01"),
        ("2026-01 (1).csv", "2026-01 (1)"),
        ("july/meter.csv", "meter"),
        ("NEM12#1#MDA1#RET1", "NEM12#1#MDA1#RET1"),
        ("bill No. 7", "bill No. 7"),
        (".hidden", ".hidden"),
        (".gz", ".gz"),
    ],
)
def test_a_file_s_name_without_its_endings(name: str, bare: str) -> None:
    assert stem(name) == bare
