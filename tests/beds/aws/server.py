"""ministack with two waits of the test bed taken out, no log line late, and functions that may take their time.

1. TCP_NODELAY on its Lambda Runtime API: the runtime interface client otherwise waits 40 ms for each event.
2. It gives a function's log lines 5 to 50 ms to come through its thread, and takes those that come later for the next
   invocation's. The runtime interface client has written them before it answers, so here they are read at once.
3. A function's declared time-out is for Lambda's machines. Here many of them start at once on one, which may be busy:
   each may take as long as Lambda allows at all. What is declared is asked of the emulator's API, not waited for.
"""

import os
import select
import socketserver
import sys
import threading

from ministack.app import main
from ministack.core import lambda_runtime

LONGEST = 900
"""Seconds. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""


class Output:
    """What one process writes, moved into the emulator's queue of its lines by whoever comes first."""

    def __init__(self, stream, lines):
        self._stream, self._lines, self._rest, self._lock = stream, lines, b"", threading.Lock()
        os.set_blocking(stream.fileno(), False)

    def take(self):
        """Move what has been written so far; False when no more can come."""
        with self._lock:
            while True:
                try:
                    read = os.read(self._stream.fileno(), 65536)
                except BlockingIOError:
                    return True
                *whole, self._rest = (self._rest + read).split(b"\n")
                for line in whole if read or not self._rest else [self._rest]:
                    self._lines.put(line.decode(errors="replace"))
                if not read:
                    return False


def pump(worker, stream, lines):
    lines.output = Output(stream, lines)
    while select.select([stream], [], []) and lines.output.take():
        pass


def begin(worker, name, config, code):
    patient = {**config, "Timeout": LONGEST}
    made(worker, name, patient, code)


def drain(worker, **waits):
    if output := getattr(worker._stderr_queue, "output", None):
        output.take()
    return worker._drain_stderr()


made = lambda_runtime.ProvidedWorker.__init__
lambda_runtime.ProvidedWorker.__init__ = begin
socketserver.StreamRequestHandler.disable_nagle_algorithm = True
lambda_runtime._PROVIDED_LOG_MAX_LINES = 0  # unbounded: a line is never dropped
lambda_runtime.ProvidedWorker._pump_output = pump
lambda_runtime.ProvidedWorker._drain_stderr_bounded = drain
sys.argv = ["ministack"]
main()
