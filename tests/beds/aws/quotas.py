"""A stand-in for AWS's Service Quotas, which the emulator lacks: what an account may run at once.

Answers what the provider asks, GetAWSDefaultServiceQuota and GetServiceQuota, with the one figure.
https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
"""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tools.serving import reply, serve


class Quotas:
    """Serves until it is closed; `value` may be changed meanwhile."""

    def __init__(self, value: float = 1000) -> None:
        self.value = value
        quotas = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                quota = {
                    **asked,
                    "QuotaArn": f"arn:aws:servicequotas:us-east-1:000000000000:lambda/{asked['QuotaCode']}",
                    "QuotaName": "Concurrent executions",
                    "Value": quotas.value,
                }
                reply(self, 200, json.dumps({"Quota": quota}).encode(), "application/x-amz-json-1.1")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = serve(self._server, "quotas")
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
