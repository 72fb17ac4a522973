"""Run a command, and write to a descriptor what it took, as JSON: `python -I -S bench/spawned.py DESCRIPTOR COMMAND...`.

A process of its own, as small as an interpreter can be: Linux counts the peak memory of whoever starts a command as the
command's own (getrusage(2): `ru_maxrss` outlives exec), and who benchmarks may hold more than what is benchmarked.
"""

import json
import os
import sys
import time

descriptor, *command = sys.argv[1:]
begun = time.perf_counter()
child = os.posix_spawnp(command[0], command, os.environ)
_, status, usage = os.wait4(child, 0)
took = {
    "code": os.waitstatus_to_exitcode(status),
    "wall": time.perf_counter() - begun,
    "cpu": usage.ru_utime + usage.ru_stime,
    "peak": usage.ru_maxrss / 1024,
}
os.write(int(descriptor), json.dumps(took).encode())
