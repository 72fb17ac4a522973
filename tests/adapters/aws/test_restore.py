"""Putting a real S3 API's bucket back to a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.contract.system import Harness
from tools.restore import S3, restore
from tools.waiting import eventually


def contents(s3: Any, bucket: str) -> Mapping[str, bytes]:
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def test_a_bucket_holds_what_it_held_and_the_restore_can_be_undone(harness: Harness) -> None:
    s3, bucket = harness.emulator.client("s3"), "kept-versions"  # type: ignore[attr-defined]
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key, text in (("changed", b"1"), ("removed", b"1"), ("stays", b"1"), ("a+b c/ü", b"1")):
        s3.put_object(Bucket=bucket, Key=key, Body=text)
    was, at = contents(s3, bucket), datetime.now(UTC)
    next_second = at.replace(microsecond=0) + timedelta(seconds=1)  # S3's times are whole seconds
    eventually("the next second", lambda: datetime.now(UTC) > next_second)
    s3.put_object(Bucket=bucket, Key="changed", Body=b"2")
    s3.put_object(Bucket=bucket, Key="changed", Body=b"3")
    s3.put_object(Bucket=bucket, Key="a+b c/ü", Body=b"2")
    s3.delete_object(Bucket=bucket, Key="removed")
    s3.put_object(Bucket=bucket, Key="added", Body=b"1")
    s3.put_object(Bucket=bucket, Key="came-and-went", Body=b"1")
    s3.delete_object(Bucket=bucket, Key="came-and-went")
    later = contents(s3, bucket)
    undone = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    eventually("the second after", lambda: datetime.now(UTC) > undone + timedelta(seconds=1))
    assert restore(S3(bucket), at) == 4
    assert contents(s3, bucket) == was
    assert restore(S3(bucket), at) == 0, "what is done is no step any more"
    assert restore(S3(bucket), undone) == 4
    assert contents(s3, bucket) == later
