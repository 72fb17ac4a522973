"""Putting a bucket back to what it held at a time: `python -m tools.restore s3://BUCKET|gs://BUCKET --at TIME [--yes]`.

The buckets of a deployment keep what was replaced or removed for 30 days; that is what is put back. Nothing is lost by
it: what is put back is a new version, and what is taken away keeps its own, so that a restore can be undone by another.
It is not one step: what writes meanwhile should stand still. Azure has this itself: `az storage blob restore`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Protocol
from urllib.parse import urlsplit

KEPT = timedelta(days=30)
"""As the roots' rules of the buckets say."""


@dataclass(frozen=True)
class Version:
    """What an object held from `made` until `ended`, or still holds; times in UTC."""

    key: str
    id: str
    content: str
    """A checksum: two versions with the same one hold the same."""
    made: datetime
    ended: datetime | None = None


@dataclass(frozen=True)
class Step:
    """Make `version` the object's content again; None takes the object away."""

    key: str
    version: str | None


class Bucket(Protocol):
    failures: tuple[type[Exception], ...]
    """What its library raises."""

    def versions(self, prefix: str) -> Iterable[Version]:
        """Every version of every object, the objects one after the other."""
        ...

    def do(self, step: Step) -> None: ...


def steps(versions: Iterable[Version], at: datetime) -> Iterator[Step]:
    """What leads from what there is to what there was at a time, one step for each object that differs."""
    for key, every in groupby(versions, key=lambda one: one.key):
        then: Version | None = None
        now: Version | None = None
        for one in every:
            if one.made <= at and (one.ended is None or at < one.ended):
                then = one
            if one.ended is None:
                now = one
        if (then and then.content) != (now and now.content):
            yield Step(key, then.id if then else None)


class S3:
    """Credentials and region are the AWS CLI's."""

    def __init__(self, name: str) -> None:
        import botocore.session  # the library of the cloud that is asked for, not of all
        from botocore.exceptions import BotoCoreError, ClientError

        self.failures: tuple[type[Exception], ...] = (BotoCoreError, ClientError)
        self._name = name
        self._s3: Any = botocore.session.get_session().create_client("s3")

    def versions(self, prefix: str) -> Iterator[Version]:
        pages = list(self._s3.get_paginator("list_object_versions").paginate(Bucket=self._name, Prefix=prefix))
        kept = [(one, True) for page in pages for one in page.get("Versions", [])]
        markers = [(one, False) for page in pages for one in page.get("DeleteMarkers", [])]
        # Each list has the newest first, and times in whole seconds: within a second its order decides, turned round,
        # and of a marker and a version that both are not the latest, the version is kept.
        oldest_first = [*reversed(kept), *reversed(markers)]
        oldest_first.sort(key=lambda one: (one[0]["Key"], one[0]["LastModified"], one[0]["IsLatest"], one[1]))
        for key, every in groupby(oldest_first, key=lambda one: one[0]["Key"]):
            history = list(every)
            ends = [one["LastModified"] for one, _ in history[1:]]
            for (one, there), ended in zip(history, [*ends, None], strict=True):
                if there:  # a marker only ends what was before it
                    yield Version(key, one["VersionId"], one["ETag"], one["LastModified"], ended)

    def do(self, step: Step) -> None:
        """S3 copies at most 5 GB at once, and says so of an object that is larger."""
        if step.version is None:
            self._s3.delete_object(Bucket=self._name, Key=step.key)
        else:
            source = {"Bucket": self._name, "Key": step.key, "VersionId": step.version}
            self._s3.copy_object(Bucket=self._name, Key=step.key, CopySource=source)


class CloudStorage:
    """Credentials are the application default ones."""

    def __init__(self, name: str) -> None:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError
        from google.cloud import storage

        self.failures: tuple[type[Exception], ...] = (GoogleAPIError, GoogleAuthError)
        self._client: Any = storage.Client()
        self._bucket: Any = self._client.bucket(name)

    def versions(self, prefix: str) -> Iterator[Version]:
        listed = self._client.list_blobs(self._bucket, prefix=prefix, versions=True)
        for one in sorted(listed, key=lambda one: one.name):
            yield Version(one.name, str(one.generation), one.crc32c, one.time_created, one.time_deleted)

    def do(self, step: Step) -> None:
        if step.version is None:
            self._bucket.delete_blob(step.key)
            return
        # Without a body, so that type and metadata come along; within a bucket no byte is moved, however large it is.
        self._bucket.copy_blob(self._bucket.blob(step.key), self._bucket, step.key, source_generation=int(step.version))


def main() -> int:
    parser = argparse.ArgumentParser(prog="nox -s restore --", description=__doc__)
    parser.add_argument("bucket", help="s3://NAME or gs://NAME, as the output store_url says")
    parser.add_argument("--at", required=True, help="a time with its zone, such as 2026-11-20T02:00:00Z")
    parser.add_argument("--prefix", default="", help="only objects whose names begin so, such as readings/Account17/")
    parser.add_argument("--yes", action="store_true", help="do it; without, what would be done is only listed")
    given = parser.parse_args()
    url = urlsplit(given.bucket)
    if url.scheme not in ("s3", "gs") or url.path.strip("/"):
        parser.error(f"{given.bucket} is no s3://NAME or gs://NAME; on Azure: az storage blob restore")
    try:
        at = checked(given.at, datetime.now(UTC))
    except ValueError as error:
        parser.error(f"--at {given.at}: {error}")
    try:
        bucket: Bucket = S3(url.netloc) if url.scheme == "s3" else CloudStorage(url.netloc)
    except Exception as error:  # noqa: BLE001  nobody to be, or nowhere: of libraries that have nothing in common
        return _fail(given.bucket, error)
    try:
        restore(bucket, at, given.prefix, really=given.yes)
    except bucket.failures as error:
        return _fail(given.bucket, error)
    return 0


def _fail(bucket: str, error: Exception) -> int:
    print(f"{bucket}: {type(error).__name__}: {error}", file=sys.stderr)
    return 1


def checked(at: str, now: datetime) -> datetime:
    """The time that is meant. Raises `ValueError` for none, and for one that the bucket can't go back to."""
    try:
        time = datetime.fromisoformat(at)
    except ValueError:
        raise ValueError("is no time such as 2026-11-20T02:00:00Z") from None
    if time.tzinfo is None:
        raise ValueError("says no zone: 2026-11-20T02:00:00Z is one in UTC")
    if time > now:
        raise ValueError("has not come yet")
    if now - time > KEPT:
        raise ValueError(
            f"is longer ago than {KEPT.days} days, for which the bucket keeps what was replaced or removed"
        )
    return time


def restore(bucket: Bucket, at: datetime, prefix: str = "", *, really: bool = True) -> int:
    """Take every step, or only print it; how many there are.

    May be repeated: what is done is no step any more. (What came to S3 in parts is: its checksum changes with a copy.)
    """
    wanted = list(steps(bucket.versions(prefix), at))
    for step in wanted:
        print(f"{step.key}: {f'as version {step.version}' if step.version else 'removed'}")
        if really:
            bucket.do(step)
    back = sum(step.version is not None for step in wanted)
    done = "" if really else "; nothing was done: give --yes to do it"
    print(f"{back} objects as they were, {len(wanted) - back} removed that were not there{done}")
    return len(wanted)


if __name__ == "__main__":
    sys.exit(main())
