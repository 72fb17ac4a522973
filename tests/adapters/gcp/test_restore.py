"""Putting a bucket of Cloud Storage's API back to a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from google.cloud.storage import Client

from tests.contract.system import Harness
from tools.restore import CloudStorage, restore


def contents(bucket: Any) -> Mapping[str, bytes]:
    return {blob.name: blob.download_as_bytes() for blob in bucket.list_blobs()}


def test_a_bucket_holds_what_it_held_and_the_restore_can_be_undone(harness: Harness) -> None:
    assert harness.provider == "gcp"  # whose environment names the stand-in
    client = Client(project="local")
    bucket = client.bucket("kept-versions")
    bucket.versioning_enabled = True
    client.create_bucket(bucket)

    def put(key: str, text: bytes) -> None:
        bucket.blob(key).upload_from_string(text)

    for key in ("changed", "removed", "stays", "a+b c/ü"):
        put(key, b"1")
    was, at = contents(bucket), datetime.now(UTC)
    put("changed", b"2")
    put("changed", b"3")
    put("a+b c/ü", b"2")
    bucket.delete_blob("removed")
    put("added", b"1")
    later, undone = contents(bucket), datetime.now(UTC)
    assert restore(CloudStorage("kept-versions"), at) == 4
    assert contents(bucket) == was
    assert restore(CloudStorage("kept-versions"), at) == 0, "what is done is no step any more"
    assert restore(CloudStorage("kept-versions"), undone) == 4
    assert contents(bucket) == later
