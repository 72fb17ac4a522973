"""What looking at a password costs: argon2id with OWASP's parameters, the library's own, and ours.

With a whole processor, and with as much of one as a function of 512 MB has: a process that is stopped for most of each
tenth of a second. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import time
from itertools import chain

from bench import measure
from core.kernel.auth.passwords import LANES, MEMORY_KIB, PASSES

OWASP = ((47104, 1, 1), (19456, 2, 1), (12288, 3, 1), (9216, 4, 1), (7168, 5, 1))
"""KiB, passes, lanes: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html"""
LIBRARY = (65536, 3, 4)
SHARE = 512 / 1769
"""Of a processor, with 512 MB: Lambda gives one to 1,769 MB."""
PERIOD = 0.1
LOOKS = 5
# One core, as that is what there is a part of; prints wall and CPU seconds of each look.
_LOOK = f"""
import json, os, sys, time
os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}})
from argon2 import PasswordHasher
memory, passes, lanes = json.loads(sys.argv[1])
hasher = PasswordHasher(memory_cost=memory, time_cost=passes, parallelism=lanes)
encoded = hasher.hash("correct horse")
taken = []
for _ in range({LOOKS}):
    begun = time.perf_counter(), time.process_time()
    hasher.verify(encoded, "correct horse")
    taken.append((time.perf_counter() - begun[0], time.process_time() - begun[1]))
print(json.dumps(taken))
"""


def look(parameters: tuple[int, int, int], share: float) -> list[tuple[float, float]]:
    """Wall and CPU seconds of each look, by a process that runs for this share of the time."""
    command = [sys.executable, "-c", _LOOK, json.dumps(parameters)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    while share < 1 and child.poll() is None:
        time.sleep(PERIOD * share)
        child.send_signal(signal.SIGSTOP)
        time.sleep(PERIOD * (1 - share))
        child.send_signal(signal.SIGCONT)
    output, _ = child.communicate()
    if child.returncode:
        raise RuntimeError(f"argon2 with {parameters} failed")
    return [(wall, cpu) for wall, cpu in json.loads(output)]


def run(rounds: int) -> None:
    every = (LIBRARY, *OWASP)
    taken: dict[tuple[int, int, int], dict[float, list[list[tuple[float, float]]]]] = {
        one: {1: [], SHARE: []} for one in every
    }
    for _ in range(rounds):
        for one in every:
            for share, looks in taken[one].items():
                looks.append(look(one, share))
    print(f"\nargon2id, one look at a password; median of {rounds * LOOKS}. Local figures, not cloud latency.")
    print(f"{measure.machine()}\n")
    print(f"| KiB, passes, lanes | CPU ms | wall ms, one core | wall ms, {SHARE:.2f} of a core |\n|---|---|---|---|")
    for one, shares in taken.items():
        whole, part = (list(chain.from_iterable(looks)) for looks in shares.values())
        whose = " (the library's)" if one == LIBRARY else " (ours)" if one == (MEMORY_KIB, PASSES, LANES) else ""
        cpu = statistics.median(cpu for _, cpu in whole)
        walls = [statistics.median(wall for wall, _ in looks) for looks in (whole, part)]
        cells = " | ".join(f"{seconds * 1e3:.0f}" for seconds in (cpu, *walls))
        print(f"| {one[0]}, {one[1]}, {one[2]}{whose} | {cells} |")
