"""The worker process, and the stream of messages with it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import Any, NamedTuple
from uuid import uuid4

import grpc

from tests.beds.azure import rpc
from tests.beds.azure.rpc import messages
from tests.beds.processes import begin, end
from tools.waiting import NeverCame, eventually

HOST_VERSION = "4.1040.300"
INHERITED = ("PATH", "HOME", "TMPDIR")
WORKER = Path(__file__).with_name("functions_worker.py")


class WorkerFailed(Exception):
    """The worker did not start, or refused the app, or ended."""


class LogLine(NamedTuple):
    level: str
    category: str
    message: str
    invocation_id: str


@dataclass(frozen=True, slots=True)
class Function:
    """A function as the worker declares it."""

    id: str
    name: str
    bindings: tuple[dict[str, Any], ...]

    @property
    def trigger(self) -> dict[str, Any]:
        return next(binding for binding in self.bindings if binding["type"].lower().endswith("trigger"))

    @property
    def type(self) -> str:
        """The trigger's type in lower case, such as "httptrigger"."""
        return str(self.trigger["type"]).lower()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an invocation ended: what the function returned, or the message of what went wrong."""

    ok: bool
    value: Any = None
    error: str = ""
    timed_out: bool = False


class WorkerLink:
    """A worker on an app folder, its functions indexed and loaded when the constructor returns.

    Raises `WorkerFailed` with the worker's message and the tail of what it printed.
    """

    def __init__(self, app_folder: Path, environment: Mapping[str, str], python: str, timeout: float) -> None:
        self._folder = str(app_folder.resolve())
        self._timeout = timeout
        self._outbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._lock = Lock()
        self._waiting: dict[str, Future[Any]] = {}
        self._ended = False
        self.logs: list[LogLine] = []
        self.durable_client = ""
        """What a function with that binding is given: where the Durable Task extension takes its calls, as JSON."""
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  open as long as the worker runs
        connected = self._expect("start_stream")
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="functions-grpc")
        self._server, port = _server(self._threads, self._stream)
        self._process = self._start(port, environment, python)
        self.pid = self._process.pid
        try:
            self._await(connected)
            self.functions = {function.name: function for function in self._index()}
        except BaseException:
            self.close()
            raise

    def invoke(self, function: Function, data: Any, metadata: Mapping[str, Any]) -> Outcome:
        """Run a function on its trigger's data, a TypedData or a Python value."""
        invocation_id = str(uuid4())
        answer = self._expect(invocation_id)
        self._send(
            invocation_request=messages.InvocationRequest(
                invocation_id=invocation_id,
                function_id=function.id,
                input_data=[
                    messages.ParameterBinding(name=function.trigger["name"], data=typed_data(data)),
                    *(
                        messages.ParameterBinding(name=one["name"], data=typed_data(self.durable_client))
                        for one in function.bindings
                        if one["type"].lower() == "durableclient"
                    ),
                ],
                trigger_metadata={name: typed_data(value) for name, value in metadata.items()},
                trace_context=messages.RpcTraceContext(trace_parent=f"00-{uuid4().hex}-{uuid4().hex[:16]}-01"),
            )
        )
        try:
            response = answer.result(self._timeout)
        except TimeoutError:
            return Outcome(ok=False, error=f"no answer after {self._timeout} s", timed_out=True)
        except WorkerFailed as failed:
            return Outcome(ok=False, error=str(failed))
        finally:
            self._waiting.pop(invocation_id, None)
        if response.result.status != messages.StatusResult.Success:
            return Outcome(ok=False, error=response.result.exception.message)
        return Outcome(ok=True, value=_returned(function, response))

    def output(self) -> str:
        """What the worker has printed, on both streams; to be read before `close`."""
        # Not read(): the worker writes at the position that both processes share.
        return os.pread(self._output.fileno(), os.fstat(self._output.fileno()).st_size, 0).decode(errors="replace")

    def close(self) -> None:
        """End the worker, by force if it does not; safe to call twice."""
        end(self._process)
        self._end()
        self._server.stop(None).wait()
        self._threads.shutdown()
        self._output.close()

    def _start(self, port: int, environment: Mapping[str, str], python: str) -> subprocess.Popen[bytes]:
        command = [python, str(WORKER), "--functions-uri", f"http://127.0.0.1:{port}"]
        command += ["--functions-worker-id", str(uuid4()), "--functions-request-id", str(uuid4())]
        command += ["--functions-app-directory", self._folder]
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        own = {"FUNCTIONS_WORKER_RUNTIME": "python", "FUNCTIONS_EXTENSION_VERSION": "~4"}
        own |= {"AzureWebJobsScriptRoot": self._folder, "AZURE_FUNCTIONS_ENVIRONMENT": "Development"}
        return begin(
            command,
            cwd=self._folder,
            env={**inherited, **own, **environment},
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )

    def _index(self) -> Iterator[Function]:
        initialise = messages.WorkerInitRequest(
            host_version=HOST_VERSION, function_app_directory=self._folder, worker_directory=str(WORKER.parent)
        )
        self._ask("worker_init_response", worker_init_request=initialise)
        wanted = messages.FunctionsMetadataRequest(function_app_directory=self._folder)
        index = self._ask("function_metadata_response", functions_metadata_request=wanted)
        for metadata in index.function_metadata_results:
            load = messages.FunctionLoadRequest(function_id=metadata.function_id, metadata=metadata)
            self._ask("function_load_response", function_load_request=load)
            bindings = tuple(json.loads(binding) for binding in metadata.raw_bindings)
            yield Function(metadata.function_id, metadata.name, bindings)

    def _ask(self, answer: str, **content: Any) -> Any:
        """The answer of that kind, which is not a failure."""
        future = self._expect(answer)
        self._send(**content)
        response = self._await(future)
        if response.result.status != messages.StatusResult.Success:
            reason = response.result.exception
            raise WorkerFailed(f"{reason.message}\n{reason.stack_trace}\n{self.output()[-2000:]}")
        return response

    def _await(self, future: Future[Any]) -> Any:
        """The message, while the worker starts. Raises `WorkerFailed` with what the worker printed."""
        with suppress(NeverCame):
            eventually("the worker's answer", lambda: future.done() or self._process.poll() is not None)
        with suppress(WorkerFailed):  # what it printed says more
            if future.done():
                return future.result()
        how = "did not answer" if self._process.poll() is None else f"ended with {self._process.returncode}"
        raise WorkerFailed(f"the worker {how}: {self.output()[-2000:]}")

    def _expect(self, key: str) -> Future[Any]:
        """What will be the message under that key: an invocation's id, or the kind of the others."""
        future: Future[Any] = Future()
        with self._lock:
            if self._ended:
                future.set_exception(WorkerFailed("the worker has ended"))
            else:
                self._waiting[key] = future
        return future

    def _send(self, **content: Any) -> None:
        self._outbox.put(messages.StreamingMessage(request_id=str(uuid4()), **content))

    def _end(self) -> None:
        """Nothing will be answered any more."""
        with self._lock:
            self._ended = True
            waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            future.set_exception(WorkerFailed("the worker has ended"))
        self._outbox.put(None)

    def _stream(self, incoming: Iterable[Any], _context: grpc.ServicerContext) -> Iterator[Any]:
        Thread(target=self._receive, args=(incoming,), name="functions-link", daemon=True).start()
        return iter(self._outbox.get, None)

    def _receive(self, incoming: Iterable[Any]) -> None:
        # gRPC raises a bare Exception when the worker's end of the stream is gone.
        with suppress(Exception):
            for message in incoming:
                self._take(message)
        self._end()

    def _take(self, message: Any) -> None:
        kind = message.WhichOneof("content")
        content = getattr(message, kind)
        if kind == "rpc_log":
            level = messages.RpcLog.Level.Name(content.level)
            self.logs.append(LogLine(level, content.category, content.message, content.invocation_id))
            return
        key = content.invocation_id if kind == "invocation_response" else kind
        with self._lock:
            future = self._waiting.pop(key, None)
        if future:
            future.set_result(content)


def typed_data(value: Any) -> Any:
    """A value as the protocol carries it: bytes and text as they are, others as JSON."""
    if isinstance(value, messages.TypedData):
        return value
    if isinstance(value, bytes):
        return messages.TypedData(bytes=value)
    if isinstance(value, str):
        return messages.TypedData(string=value)
    return messages.TypedData(json=json.dumps(value))


def _returned(function: Function, response: Any) -> Any:
    """The returned value, or that of the HTTP output: bytes, text, number, RpcHttp, what JSON holds, or None."""
    http = [binding["name"] for binding in function.bindings if binding["type"].lower() == "http"]
    values = [response.return_value, *(output.data for output in response.output_data if output.name in http)]
    for value in values:
        kind = value.WhichOneof("data")
        if kind:
            content = getattr(value, kind)
            return json.loads(content) if kind == "json" else content
    return None


def _server(
    threads: ThreadPoolExecutor, stream: Callable[[Iterable[Any], grpc.ServicerContext], Iterator[Any]]
) -> tuple[grpc.Server, int]:
    """A started server of the protocol's one method, and its port."""
    server = grpc.server(threads, options=rpc.UNLIMITED)
    servicer = type("Servicer", (), {"EventStream": staticmethod(stream)})
    rpc.services.add_FunctionRpcServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
