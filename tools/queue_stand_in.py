"""Queues that only listen: they answer as SQS, Pub/Sub and Azure's storage queues do, and keep what was sent.

For `nox -s invoke`, where a function may send a message and there is no queue: what the true adapter sends is shown.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tools.serving import reply, serve

_AZURE = (
    "<?xml version='1.0' encoding='utf-8'?><QueueMessagesList><QueueMessage><MessageId>1</MessageId>"
    "<InsertionTime>{now}</InsertionTime><ExpirationTime>{now}</ExpirationTime><PopReceipt>1</PopReceipt>"
    "<TimeNextVisible>{now}</TimeNextVisible></QueueMessage></QueueMessagesList>"
)


class QueueStandIn:
    """Listens on a free port of this machine; `sent` holds queue and message. Close it when done.

    The first `lose` requests are read and their connections ended.
    """

    def __init__(self, lose: int = 0) -> None:
        self.sent: list[tuple[str, str]] = []
        self._lose = lose
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if stand_in._lose:
                    stand_in._lose -= 1
                    self.close_connection = True
                    return
                status, answer = stand_in._take(self.path, body.decode())
                reply(self, status, answer.encode(), "application/xml" if status == 201 else "application/json")

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        serve(self._server, "queue")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def environment(self, provider: str) -> dict[str, str]:
        """The variables that make an adapter send here."""
        if provider == "aws":
            keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "us-east-1"}
            return {"TREFOIL_QUEUES": f"http://{self.host}/000000000000/", **keys}
        if provider == "gcp":
            return {"TREFOIL_QUEUES": "projects/none/topics/", "PUBSUB_EMULATOR_HOST": self.host}
        account = {"AZURE_STORAGE_ACCOUNT_NAME": "none", "AZURE_STORAGE_ACCOUNT_KEY": "bm9uZQ=="}
        return {"AZURE_STORAGE_QUEUE_ENDPOINT": f"http://{self.host}", **account}

    def _take(self, path: str, body: str) -> tuple[int, str]:
        """Keep the message; returns the status and body of the service's own answer."""
        if path.endswith(":publish"):
            (message,) = json.loads(body)["messages"]
            topic = path.removesuffix(":publish").rpartition("/")[2]
            self.sent.append((topic, base64.b64decode(message["data"]).decode()))
            return 200, json.dumps({"messageIds": [str(len(self.sent))]})
        if text := re.search("<MessageText>(.*)</MessageText>", body):
            queue = path.split("/messages")[0].rpartition("/")[2].removeprefix("trefoil-")
            self.sent.append((queue, base64.b64decode(text[1]).decode()))
            return 201, _AZURE.format(now="Thu, 01 Jan 2026 00:00:00 GMT")
        asked = json.loads(body)
        message = asked["MessageBody"]
        self.sent.append((asked["QueueUrl"].rpartition("/")[2], message))
        digest = hashlib.md5(message.encode(), usedforsecurity=False).hexdigest()
        return 200, json.dumps({"MessageId": str(len(self.sent)), "MD5OfMessageBody": digest})
