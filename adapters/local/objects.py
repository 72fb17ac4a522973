"""Direct uploads and downloads through signed local URLs, streamed to and from the store's folder.

What is half there lies among the server's own temporary files, which `scratch` keeps on the store's disk and takes away
after a server that was killed.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from adapters.local.signer import Permit
from core.kernel import logs
from core.kernel.errors import Code, TrefoilError, unavailable

CHUNK = 1024 * 1024
log = logs.logger("objects")


class Objects:
    """What the holder of a signed URL may do: put one object of a given size where nothing is, or get one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, permit: Permit, chunks: AsyncIterator[bytes]) -> None:
        """Store the body whole or not at all, so that nobody ever sees half a file.

        Raises `TrefoilError`: TOO_LARGE or MALFORMED when the body has not the size that was signed, STALE when the
        key is taken, UNAVAILABLE when the disk fails.
        """
        if permit.size is None:
            raise TrefoilError(Code.DENIED, "this signed URL is for a download")
        try:
            descriptor, name = tempfile.mkstemp(prefix="upload-")
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    await _receive(chunks, permit.size, stream.write)
                target = self._folder / permit.key
                target.parent.mkdir(parents=True, exist_ok=True)
                # A link appears at once and never replaces anything.
                Path(target).hardlink_to(name)
            finally:
                Path(name).unlink()
        except FileExistsError:
            raise TrefoilError(Code.STALE, "a file of this name is already there") from None
        except OSError as error:
            raise unavailable("the store could not take the file") from error
        logs.info(log, "uploaded", key=permit.key, bytes=permit.size)

    def get(self, permit: Permit) -> tuple[int, AsyncIterator[bytes]]:
        """The object's size and content. Raises `TrefoilError(NOT_FOUND)`."""
        try:
            stream = (self._folder / permit.key).open("rb")
        except OSError as error:
            raise TrefoilError(Code.NOT_FOUND, "the file is not there") from error

        async def chunks() -> AsyncIterator[bytes]:
            with stream:
                while chunk := await asyncio.to_thread(stream.read, CHUNK):
                    yield chunk

        return os.fstat(stream.fileno()).st_size, chunks()


async def _receive(chunks: AsyncIterator[bytes], size: int, write: Callable[[bytes], int]) -> None:
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        if received > size:
            raise TrefoilError(Code.TOO_LARGE, f"the body is longer than the {size} bytes that were announced")
        await asyncio.to_thread(write, chunk)
    if received < size:
        raise TrefoilError(Code.MALFORMED, f"the body has {received} bytes, not the {size} that were announced")
