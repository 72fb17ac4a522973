"""The worker protocol: `messages` are its classes, `services` the gRPC stub and registration."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from grpc_tools import protoc  # type: ignore[import-untyped]

NAME = "function_rpc"
UNLIMITED = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


def _compiled() -> tuple[Any, Any]:
    """Both modules, generated from the .proto file beside this one."""
    here = Path(__file__).parent
    includes = Path(protoc.__file__).parent / "_proto"
    with TemporaryDirectory() as folder:
        failed = protoc.main(
            [
                "protoc",
                f"-I{here}",
                f"-I{includes}",
                f"--python_out={folder}",
                f"--grpc_python_out={folder}",
                f"{NAME}.proto",
            ]
        )
        if failed:
            raise RuntimeError(f"{NAME}.proto does not compile")
        # The generated modules import each other by their plain names.
        sys.path.insert(0, folder)
        try:
            return importlib.import_module(f"{NAME}_pb2"), importlib.import_module(f"{NAME}_pb2_grpc")
        finally:
            sys.path.remove(folder)


messages, services = _compiled()
