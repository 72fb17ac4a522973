"""The XML API, which obstore, deltalake and signed URLs use: on top of fake-gcs-server's JSON API."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from hashlib import md5
from urllib.parse import unquote
from xml.sax.saxutils import escape

from tests.beds.gcp.gcs_backend import Backend, Conditions, Headers, Reply, Request, Resource
from tests.beds.gcp.gcs_signed import Refused, Signatures

FIELDS = {
    "Cache-Control": "cacheControl",
    "Content-Encoding": "contentEncoding",
    "Content-Disposition": "contentDisposition",
    "Content-Language": "contentLanguage",
}
OVERRIDES = {"response-content-disposition": "Content-Disposition", "response-content-type": "Content-Type"}
"""What a download's query may have it say instead of what the object does."""
META = "x-goog-meta-"
XML_TYPE = ("Content-Type", "application/xml; charset=UTF-8")
CODES = {404: "NoSuchKey", 412: "PreconditionFailed"}


class XmlApi:
    """Handles a request of the XML API, path style."""

    def __init__(self, backend: Backend, signatures: Signatures) -> None:
        self._backend = backend
        self._signatures = signatures
        self._uploads: dict[str, tuple[Resource, dict[int, bytes]]] = {}

    def handle(self, request: Request) -> Reply:
        try:
            self._signatures.check(request)
            return self._route(request)
        except Refused as refused:
            error = f"<Error><Code>{refused.code}</Code><Message>{escape(str(refused))}</Message></Error>"
            return _xml(error, status=refused.status)

    def _route(self, request: Request) -> Reply:
        raw_bucket, _, raw_name = request.path.lstrip("/").partition("/")
        bucket, name = unquote(raw_bucket), unquote(raw_name)
        if not name:
            if request.method != "GET":
                raise Refused(405, "MethodNotAllowed", "buckets can only be listed here")
            return self._list(bucket, request)
        if request.method in ("GET", "HEAD"):
            return self._read(bucket, name, request)
        if "uploads" in request.query or "uploadId" in request.query:
            return self._multipart(bucket, name, request)
        if request.method == "PUT":
            return (
                self._copy(bucket, name, request)
                if request.header("x-goog-copy-source")
                else self._put(bucket, name, request)
            )
        if request.method == "DELETE":
            status = self._backend.delete(bucket, name, Conditions.of_xml(request))
            _require(status, 204)
            return Reply(204)
        raise Refused(405, "MethodNotAllowed", f"{request.method} is not supported")

    def _read(self, bucket: str, name: str, request: Request) -> Reply:
        while True:
            current = self._backend.resource(bucket, name)
            if current is None:
                raise Refused(404, "NoSuchKey", "The specified key does not exist.")
            if _not_modified(request, current):
                return Reply(304, _version_headers(current))
            headers = _overridden(_object_headers(current), request.query)
            if request.method == "HEAD":
                return Reply(200, [*headers, ("Content-Length", str(current["size"]))])
            data = self._backend.download(bucket, name, request.header("range"))
            described = {header.lower(): value for header, value in data.headers}
            # Replaced since it was described: headers of one generation must not go with another's bytes.
            if data.status == 404 or described.get("x-goog-generation") != str(current["generation"]):
                continue
            if data.status == 416:
                raise Refused(416, "InvalidRange", "The requested range cannot be satisfied.")
            if "content-range" in described:
                headers.append(("Content-Range", described["content-range"]))
            return Reply(data.status, headers, data.body)

    def _put(self, bucket: str, name: str, request: Request) -> Reply:
        _check_length(request)
        resource = _described(name, request)
        status, created = self._backend.create(bucket, resource, request.body, Conditions.of_xml(request))
        _require(status, 200, missing="NoSuchBucket")
        self._backend.finalized(created)
        return Reply(200, _version_headers(created))

    def _copy(self, bucket: str, name: str, request: Request) -> Reply:
        from_bucket, _, from_name = unquote(request.header("x-goog-copy-source") or "").lstrip("/").partition("/")
        status, created = self._backend.copy((from_bucket, from_name), bucket, name, Conditions.of_xml(request))
        _require(status, 200)
        self._backend.finalized(created)
        return _xml("<CopyObjectResult/>", _version_headers(created))

    def _multipart(self, bucket: str, name: str, request: Request) -> Reply:
        if request.method == "POST" and "uploads" in request.query:
            upload_id = uuid.uuid4().hex
            self._uploads[upload_id] = (_described(name, request), {})
            key = f"<Bucket>{escape(bucket)}</Bucket><Key>{escape(name)}</Key><UploadId>{upload_id}</UploadId>"
            return _xml(f"<InitiateMultipartUploadResult>{key}</InitiateMultipartUploadResult>")
        upload = self._uploads.get(request.query.get("uploadId", ""))
        if upload is None:
            raise Refused(404, "NoSuchUpload", "The requested upload was not found.")
        resource, parts = upload
        if request.method == "PUT":
            parts[int(request.query["partNumber"])] = request.body
            return Reply(200, [("ETag", f'"{md5(request.body, usedforsecurity=False).hexdigest()}"')])
        if request.method == "DELETE":
            self._uploads.pop(request.query["uploadId"], None)
            return Reply(204)
        return self._complete(bucket, resource, parts, request)

    def _complete(self, bucket: str, resource: Resource, parts: dict[int, bytes], request: Request) -> Reply:
        numbers = [int(number) for number in re.findall(rb"<PartNumber>\s*(\d+)", request.body)]
        if not numbers or not parts.keys() >= set(numbers):
            raise Refused(400, "InvalidPart", "One or more of the specified parts could not be found.")
        data = b"".join(parts[number] for number in numbers)
        status, created = self._backend.create(bucket, resource, data, Conditions.of_xml(request))
        _require(status, 200, missing="NoSuchBucket")
        self._uploads.pop(request.query["uploadId"], None)
        self._backend.finalized(created)
        key = f"<Bucket>{escape(bucket)}</Bucket><Key>{escape(resource['name'])}</Key><ETag>{_etag(created)}</ETag>"
        result = f"<CompleteMultipartUploadResult>{key}</CompleteMultipartUploadResult>"
        return _xml(result, _version_headers(created))

    def _list(self, bucket: str, request: Request) -> Reply:
        query = request.query
        prefix = query.get("prefix", "")
        listed = self._backend.list(bucket, prefix, query.get("delimiter", ""))
        if listed is None:
            raise Refused(404, "NoSuchBucket", "The specified bucket does not exist.")
        items, prefixes = listed
        entries = {item["name"]: _contents(item) for item in items}
        entries |= {text: f"<CommonPrefixes><Prefix>{escape(text)}</Prefix></CommonPrefixes>" for text in prefixes}
        after = max(query.get("continuation-token", ""), query.get("start-after", ""))
        names = sorted(name for name in entries if name > after)
        page = names[: int(query.get("max-keys", 1000))]
        more = len(names) > len(page)
        head = f"<Name>{escape(bucket)}</Name><Prefix>{escape(prefix)}</Prefix><KeyCount>{len(page)}</KeyCount>"
        head += f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        if more and page:
            head += f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>"
        return _xml(f"<ListBucketResult>{head}{''.join(entries[name] for name in page)}</ListBucketResult>")


def _require(status: int, wanted: int, *, missing: str = "NoSuchKey") -> None:
    if status != wanted:
        code = {**CODES, 404: missing}.get(status, "InternalError")
        raise Refused(status, code, f"the request failed with {code}")


def _check_length(request: Request) -> None:
    """x-goog-content-length-range: both bounds are allowed lengths."""
    given = request.header("x-goog-content-length-range")
    if given is None:
        return
    bounds = re.fullmatch(r"\s*(\d+)\s*,\s*(\d+)\s*", given)
    if bounds is None:
        raise Refused(400, "InvalidArgument", "x-goog-content-length-range must be MIN,MAX")
    if len(request.body) < int(bounds[1]):
        raise Refused(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum object size.")
    if len(request.body) > int(bounds[2]):
        raise Refused(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size.")


def _not_modified(request: Request, current: Resource) -> bool:
    """Raises `Refused` when a condition on what is read fails otherwise."""
    wanted, known = request.header("if-match"), request.header("if-none-match")
    if wanted is not None and not _names(wanted, current):
        raise Refused(412, "PreconditionFailed", "If-Match does not hold")
    if known is not None and _names(known, current):
        return True
    if not Conditions.of_xml(request).hold(current):
        raise Refused(412, "PreconditionFailed", "a condition on the generation does not hold")
    return False


def _names(header: str, current: Resource) -> bool:
    return header.strip() == "*" or _etag(current) in [tag.strip() for tag in header.split(",")]


def _etag(resource: Resource) -> str:
    return '"{}"'.format(resource["etag"].strip('"'))


def _described(name: str, request: Request) -> Resource:
    """The metadata of an object to create, from the headers that came with it."""
    fields = {field: request.header(header) for header, field in FIELDS.items()}
    return {
        "name": name,
        "contentType": request.header("content-type") or "application/octet-stream",
        "metadata": {
            header.lower().removeprefix(META): value
            for header, value in request.headers.items()
            if header.lower().startswith(META)
        },
        **{field: value for field, value in fields.items() if value},
    }


def _version_headers(resource: Resource) -> Headers:
    return [
        ("ETag", _etag(resource)),
        ("x-goog-generation", str(resource["generation"])),
        ("x-goog-metageneration", str(resource.get("metageneration", 1))),
        ("x-goog-hash", f"crc32c={resource.get('crc32c')},md5={resource.get('md5Hash')}"),
    ]


def _object_headers(resource: Resource) -> Headers:
    updated = datetime.fromisoformat(resource["updated"])
    return [
        *_version_headers(resource),
        ("Content-Type", resource.get("contentType") or "application/octet-stream"),
        ("Last-Modified", format_datetime(updated, usegmt=True)),
        ("Accept-Ranges", "bytes"),
        *((header, resource[field]) for header, field in FIELDS.items() if resource.get(field)),
        *((META + key, value) for key, value in (resource.get("metadata") or {}).items()),
    ]


def _overridden(headers: Headers, query: Mapping[str, str]) -> Headers:
    given = {OVERRIDES[name]: value for name, value in query.items() if name in OVERRIDES}
    return [*((name, value) for name, value in headers if name not in given), *given.items()]


def _contents(item: Resource) -> str:
    return (
        f"<Contents><Key>{escape(item['name'])}</Key><Generation>{item['generation']}</Generation>"
        f"<LastModified>{item['updated']}</LastModified><ETag>{escape(_etag(item))}</ETag>"
        f"<Size>{item['size']}</Size></Contents>"
    )


def _xml(content: str, headers: Headers | None = None, *, status: int = 200) -> Reply:
    body = f"<?xml version='1.0' encoding='UTF-8'?>{content}".encode()
    return Reply(status, [XML_TYPE, *(headers or [])], body)
