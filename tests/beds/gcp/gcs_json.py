"""The JSON API: passed on to fake-gcs-server, with the preconditions that it ignores."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, unquote, urlsplit

from tests.beds.gcp.gcs_backend import Backend, Conditions, Reply, Request, Resource

PATHS = re.compile(r"/(storage|upload|download|resumable|_internal|batch)(/|$)")
UPLOAD = re.compile(r"/(?:resumable/)?upload/storage/v1/b/([^/]+)/o")
CHANGED = re.compile(r"/storage/v1/b/([^/]+)/o/([^/]+)(?:/compose)?$")
COPIED = re.compile(r"/(?:rewriteTo|copyTo)/b/([^/]+)/o/([^/]+)$")
DROPPED = {"host", "connection", "transfer-encoding", "content-length"}


class JsonApi:
    """Handles a request of the JSON API."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._resumable: dict[str, tuple[str, str, Conditions]] = {}

    def handle(self, request: Request) -> Reply:
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return self._forward(request)
        with self._backend.lock:
            target = self._target(request)
            if target is not None and not self._backend.holds(*target):
                return _condition_not_met()
            reply = self._forward(request)
            self._remember(request, reply, target)
        created = _created(request, reply)
        if created is not None:
            self._backend.finalized(created)
        return reply

    def _forward(self, request: Request) -> Reply:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in DROPPED}
        # Google's library writes True, which the service takes; fake-gcs-server knows only what its documentation says.
        target = request.target.replace("versions=True", "versions=true")
        return self._backend.send(request.method, target, request.body, headers)

    def _target(self, request: Request) -> tuple[str, str, Conditions] | None:
        """Bucket and name of the object that the request changes, and on which conditions."""
        conditions = Conditions.of_json(request.query)
        upload = UPLOAD.match(request.path)
        if upload is not None:
            if "upload_id" in request.query:
                # An upload that asks for its state, or sends a part that is not the last, changes nothing yet.
                last = not (request.header("content-range") or "").endswith("/*")
                return self._resumable.get(request.query["upload_id"]) if last else None
            name = request.query.get("name") or _body_name(request)
            return (unquote(upload[1]), name, conditions) if name else None
        path = COPIED.search(request.path) or CHANGED.match(request.path)
        return None if path is None else (unquote(path[1]), unquote(path[2]), conditions)

    def _remember(self, request: Request, reply: Reply, target: tuple[str, str, Conditions] | None) -> None:
        if target is None or not _starts(request):
            return
        location = next((value for name, value in reply.headers if name.lower() == "location"), "")
        for upload_id in parse_qs(urlsplit(location).query).get("upload_id", []):
            self._resumable[upload_id] = target


def _body_name(request: Request) -> str:
    if request.query.get("uploadType") != "resumable":
        return ""  # a multipart upload's conditions are fake-gcs-server's own and work
    return str(json.loads(request.body or b"{}").get("name") or "")


def _created(request: Request, reply: Reply) -> Resource | None:
    """The object that came to be, if one did."""
    creates = UPLOAD.match(request.path) or COPIED.search(request.path) or request.path.endswith("/compose")
    if reply.status != 200 or not creates or _starts(request):
        return None
    answer: Resource = json.loads(reply.body)
    resource: Resource = answer.get("resource") or answer
    return resource if "generation" in resource else None  # a rewrite may need more calls


def _starts(request: Request) -> bool:
    """Whether it begins a resumable upload; the reply describes an object that is not there yet."""
    return request.query.get("uploadType") == "resumable" and "upload_id" not in request.query


def _condition_not_met() -> Reply:
    message = "At least one of the pre-conditions you specified did not hold."
    detail = {"message": message, "domain": "global", "reason": "conditionNotMet"}
    body = {"error": {"code": 412, "message": message, "errors": [detail]}}
    return Reply(412, [("Content-Type", "application/json; charset=UTF-8")], json.dumps(body).encode())
