"""The process that the host starts: gRPC in front of the genuine library worker `azure-functions-runtime`.

Indexing, conversion of bindings, invocation and errors are all the library's; this only moves messages. On Azure a
package of the platform that is not published does the same.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import queue
import sys
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread
from types import SimpleNamespace
from typing import Any

import grpc
import rpc
from rpc import messages

ANSWERS = {
    "worker_init_request": "worker_init_response",
    "functions_metadata_request": "function_metadata_response",
    "function_load_request": "function_load_response",
    "invocation_request": "invocation_response",
}
SYSTEM = ("azure.functions", "azure_functions_runtime")
"""Prefixes of the loggers that are the worker's own."""


class Outbox:
    """What is to be sent to the host, put by any thread; iterating ends after `close`."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def put(self, request_id: str, **content: Any) -> None:
        self._queue.put(messages.StreamingMessage(request_id=request_id, **content))

    def close(self) -> None:
        self._queue.put(None)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._queue.get, None)


class RpcLogHandler(logging.Handler):
    """Sends log records to the host, with the invocation that they belong to."""

    def __init__(self, outbox: Outbox, runtime: Any) -> None:
        super().__init__()
        self._outbox = outbox
        self._runtime = runtime

    def emit(self, record: logging.LogRecord) -> None:
        # The levels are ten times the protocol's, up to one.
        level = min(max(record.levelno // 10, 0), 5)
        category = messages.RpcLog.System if record.name.startswith(SYSTEM) else messages.RpcLog.User
        line = messages.RpcLog(
            invocation_id=self._runtime.invocation_id_cv.get() or "",
            category=record.name,
            level=level,
            message=self.format(record),
            log_category=category,
        )
        self._outbox.put("", rpc_log=line)


class Worker:
    """Answers the host's requests, one after the other; only invocations run concurrently."""

    def __init__(self, outbox: Outbox, runtime: Any) -> None:
        self._outbox = outbox
        self._runtime = runtime
        self._invocations: set[asyncio.Task[None]] = set()

    async def run(self, incoming: asyncio.Queue[Any]) -> None:
        """Returns when the host has closed the stream, which None stands for."""
        while (message := await incoming.get()) is not None:
            kind = message.WhichOneof("content")
            if kind == "invocation_request":
                task = asyncio.create_task(self._answer(kind, message))
                self._invocations.add(task)
                task.add_done_callback(self._invocations.discard)
            elif kind in ANSWERS:
                await self._answer(kind, message)

    async def _answer(self, kind: str, message: Any) -> None:
        if kind == "worker_init_request":
            os.chdir(message.worker_init_request.function_app_directory)
        elif kind == "invocation_request":
            # A task has a context of its own; the library sets this only for functions that run in a thread.
            self._runtime.invocation_id_cv.set(message.invocation_request.invocation_id)
        request = SimpleNamespace(name=kind, request=message, properties={"host": "127.0.0.1", "protos": messages})
        answer = await getattr(self._runtime, kind)(request)
        self._outbox.put(message.request_id, **{ANSWERS[kind]: answer})


def receive(target: str, outbox: Outbox, loop: asyncio.AbstractEventLoop, incoming: asyncio.Queue[Any]) -> None:
    """Hand every message of the host to the loop, and None when there will be no more."""
    with suppress(grpc.RpcError), grpc.insecure_channel(target, rpc.UNLIMITED) as channel:
        for message in rpc.services.FunctionRpcStub(channel).EventStream(iter(outbox)):
            loop.call_soon_threadsafe(incoming.put_nowait, message)
    loop.call_soon_threadsafe(incoming.put_nowait, None)


async def serve(target: str, worker_id: str, request_id: str) -> None:
    # Here, as the app's folder must be on the path first.
    import azure_functions_runtime as runtime  # type: ignore[import-untyped]

    outbox = Outbox()
    outbox.put(request_id, start_stream=messages.StartStream(worker_id=worker_id))
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(RpcLogHandler(outbox, runtime))
    runtime.start_threadpool_executor()
    incoming: asyncio.Queue[Any] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    Thread(target=receive, args=(target, outbox, loop, incoming), daemon=True).start()
    await Worker(outbox, runtime).run(incoming)
    outbox.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--functions-uri", required=True)
    parser.add_argument("--functions-worker-id", required=True)
    parser.add_argument("--functions-request-id", required=True)
    parser.add_argument("--functions-app-directory", required=True)
    arguments = parser.parse_args()
    # In the place of this script's folder, whose modules the app must not see.
    sys.path[0] = arguments.functions_app_directory
    target = arguments.functions_uri.removeprefix("http://")
    asyncio.run(serve(target, arguments.functions_worker_id, arguments.functions_request_id))


if __name__ == "__main__":
    main()
