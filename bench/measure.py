"""Running contenders in processes of their own, turn by turn, and saying what was measured."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

OUT = Path(__file__).parent / "out"


@dataclass(frozen=True, slots=True)
class Sample:
    """One process: wall and CPU seconds (user and system, children too), and peak memory in MiB."""

    wall: float
    cpu: float
    peak: float


def process(arguments: Sequence[str]) -> Sample:
    """Run Python with these arguments. Raises `RuntimeError` with its output when it fails."""
    begun = time.perf_counter()
    child = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert child.stdout is not None  # it is a pipe
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    if child.returncode:
        raise RuntimeError(output.decode())
    return Sample(time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(samples: Sequence[Sample]) -> Sample:
    return Sample(
        *(statistics.median(getattr(sample, field) for sample in samples) for field in ("wall", "cpu", "peak"))
    )


def model() -> str:
    """This machine's processor."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def machine() -> str:
    """What it was measured on, and when."""
    return (
        f"{model()}, {os.cpu_count()} cores, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )


def save(name: str, samples: Mapping[str, Sequence[Sample]], **facts: object) -> Path:
    """Keep every sample as JSON."""
    OUT.mkdir(exist_ok=True)
    path = OUT / f"{name}.json"
    raw = {who: [asdict(sample) for sample in taken] for who, taken in samples.items()}
    path.write_text(json.dumps({"machine": machine(), **facts, "samples": raw}, indent=2) + "\n")
    return path
