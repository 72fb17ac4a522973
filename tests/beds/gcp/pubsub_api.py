"""The publish call of Pub/Sub's REST API, for what runs in another process than the topics do."""

from __future__ import annotations

import base64
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.beds.gcp.pubsub import PubSub
from tools.serving import serve

_PUBLISH = re.compile(r"/v1/projects/[^/]+/topics/([^/:]+):publish")


class PubSubApi:
    """Listens on a free port, as PUBSUB_EMULATOR_HOST says it; admits everybody, as Google's emulator does."""

    def __init__(self, topics: PubSub) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                called = _PUBLISH.fullmatch(self.path)
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                ids = []
                for message in body["messages"] if called else ():
                    data = base64.b64decode(message.get("data", ""), validate=True)
                    ids.append(topics.publish(called[1], data, message.get("attributes", {})))
                answer = json.dumps({"messageIds": ids}).encode()
                self.send_response(200 if called else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        serve(self._server, "pubsub-api")

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
