"""Running contenders in processes of their own, turn by turn, and saying what was measured."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

OUT = Path(__file__).parent / "out"
SPAWNED = Path(__file__).with_name("spawned.py")


@dataclass(frozen=True, slots=True)
class Sample:
    """One process: wall and CPU seconds (user and system, children too), and peak memory in MiB."""

    wall: float
    cpu: float
    peak: float


def process(arguments: Sequence[str]) -> Sample:
    """Run Python with these arguments. Raises `RuntimeError` with its output when it fails."""
    told, tell = os.pipe()
    command = [sys.executable, "-I", "-S", str(SPAWNED), str(tell), sys.executable, *arguments]
    with os.fdopen(told) as figures:
        try:
            pipe = subprocess.PIPE
            done = subprocess.run(command, stdout=pipe, stderr=subprocess.STDOUT, pass_fds=[tell], check=True)
        finally:
            os.close(tell)
        took = json.load(figures)
    if took["code"]:
        raise RuntimeError(done.stdout.decode())
    return Sample(took["wall"], took["cpu"], took["peak"])


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
