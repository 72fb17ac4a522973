"""Azure's blob and queue services for tests: Azurite, Microsoft's own emulator, as a process."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from tests.beds.processes import begin, end
from tools.node import node
from tools.waiting import PATIENCE

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The account that every Azurite has; both are public and documented."""
_LISTENING = re.compile(r"Azurite (\w+) service is successfully listening at (\S+)")


class Azurite:
    """A blob and queue service on free ports, in memory or in a folder; ready when the constructor returns."""

    def __init__(self, modules: Path, folder: Path | None = None) -> None:
        """`modules` holds node_modules with Azurite, as `tools.node` brings it; data is kept in `folder`, if one is given."""
        script = modules / "node_modules/azurite/dist/src/azurite.js"
        if not script.is_file():
            raise FileNotFoundError(f"{script}: run `python -m tools.node tests/beds/azure {modules}` first")
        where = ["--inMemoryPersistence"] if folder is None else ["--location", str(folder)]
        ports = ["--blobPort", "0", "--queuePort", "0", "--tablePort", "0"]
        quiet = ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
        command = [str(node()), str(script), *where, *ports, *quiet]
        self._process = begin(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._reader = Thread(target=self._read, name="azurite-output", daemon=True)
        self._reader.start()
        try:
            urls = self._listening()
        except BaseException:
            self.close()
            raise
        self.account, self.key = ACCOUNT, KEY
        self.blob_url = f"{urls['Blob']}/{ACCOUNT}"
        self.queue_url = f"{urls['Queue']}/{ACCOUNT}"
        self.connection_string = (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint={self.blob_url};QueueEndpoint={self.queue_url};"
        )

    def close(self) -> None:
        """Stop the process; safe to call twice."""
        end(self._process)
        self._reader.join()
        if self._process.stdout:
            self._process.stdout.close()

    def _read(self) -> None:
        """Keep reading to the end, or the process would block on a full pipe."""
        for line in self._process.stdout or ():
            self._lines.put(line)
        self._lines.put("")

    def _listening(self) -> dict[str, str]:
        """The URL that each service reports; they start in the order blob, queue, table."""
        urls: dict[str, str] = {}
        output = ""
        while "Table" not in urls:
            try:
                line = self._lines.get(timeout=PATIENCE)
            except Empty:
                raise TimeoutError(
                    f"Azurite is not ready, and has said nothing more for {PATIENCE} s: {output}"
                ) from None
            if not line:
                raise RuntimeError(f"Azurite ended with {self._process.wait()}: {output}")
            output += line
            if found := _LISTENING.search(line):
                urls[found[1]] = found[2]
        return urls
