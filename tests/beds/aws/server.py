"""ministack with two delays of the test bed taken out; nothing of the emulation changes.

1. TCP_NODELAY on its Lambda Runtime API: the runtime interface client otherwise waits 40 ms for each event.
2. No 50 ms wait for log lines after an invocation that logged nothing.
"""

import socketserver
import sys

from ministack.app import main
from ministack.core import lambda_runtime

socketserver.StreamRequestHandler.disable_nagle_algorithm = True
_drain = lambda_runtime.Worker._drain_stderr_bounded


def _drain_quickly(worker, first_line_wait=0.002, idle_confirm=0.001, hard_cap=0.05):
    return _drain(worker, first_line_wait, idle_confirm, hard_cap)


lambda_runtime.Worker._drain_stderr_bounded = _drain_quickly
sys.argv = ["ministack"]
main()
