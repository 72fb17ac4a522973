"""Putting a bucket back to a time: every history, against a bucket that is a dictionary."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import restore
from tools.restore import Step, Version, steps

BEGIN = datetime(2026, 11, 20, tzinfo=UTC)


@dataclass
class Memory:
    """A bucket with versions; each change takes a minute."""

    failures: tuple[type[Exception], ...] = ()
    minutes: int = 0
    history: dict[str, list[Version]] = field(default_factory=dict)

    def now(self) -> datetime:
        return BEGIN + timedelta(minutes=self.minutes)

    def change(self, key: str, text: str | None) -> None:
        self.minutes += 1
        every = self.history.setdefault(key, [])
        if every and every[-1].ended is None:
            every[-1] = replace(every[-1], ended=self.now())
        if text is not None:
            every.append(Version(key, f"{self.minutes}={text}", text, self.now()))

    def versions(self, prefix: str) -> Iterable[Version]:
        return [one for key, every in sorted(self.history.items()) if key.startswith(prefix) for one in every]

    def do(self, step: Step) -> None:
        self.change(step.key, step.version.split("=")[1] if step.version else None)

    def live(self) -> dict[str, str]:
        return {one.key: one.id.split("=")[1] for every in self.history.values() for one in every if one.ended is None}


CHANGES = st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.sampled_from("xyz")), max_size=12)


@given(CHANGES, CHANGES)
def test_a_bucket_is_what_it_was_whatever_happened_since(
    before: list[tuple[str, str | None]], after: list[tuple[str, str | None]]
) -> None:
    bucket = Memory()
    for key, text in before:
        bucket.change(key, text)
    at, was = bucket.now(), bucket.live()
    bucket.minutes += 1
    for key, text in after:
        bucket.change(key, text)
    done = restore.restore(bucket, at)
    assert bucket.live() == was
    assert done <= len({key for key, _ in after})
    assert restore.restore(bucket, at) == 0, "what is done is no step any more"


@given(CHANGES, st.integers(0, 12))
def test_a_restore_can_be_undone_by_another(changes: list[tuple[str, str | None]], first: int) -> None:
    bucket = Memory()
    for key, text in changes:
        bucket.change(key, text)
    was, before = bucket.live(), bucket.now()
    bucket.minutes += 1
    restore.restore(bucket, BEGIN + timedelta(minutes=first))
    restore.restore(bucket, before)
    assert bucket.live() == was


def test_what_is_as_it_was_is_left_alone() -> None:
    same = Version("a", "1", "x", BEGIN)
    assert list(steps([same], BEGIN)) == []
    assert list(steps([same], BEGIN - timedelta(seconds=1))) == [Step("a", None)]


def test_without_yes_nothing_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    bucket = Memory()
    bucket.change("a", "x")
    assert restore.restore(bucket, BEGIN, really=False) == 1
    assert bucket.live() == {"a": "x"}
    said = "a: removed\n0 objects as they were, 1 removed that were not there; nothing was done: give --yes to do it\n"
    assert capsys.readouterr().out == said


def test_only_what_begins_with_a_prefix_is_put_back() -> None:
    bucket = Memory()
    for key in ("readings/1", "users/1"):
        bucket.change(key, "x")
    restore.restore(bucket, BEGIN, "readings/")
    assert bucket.live() == {"users/1": "x"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["az://state", "--at", "2026-11-20T02:00:00Z"], "on Azure: az storage blob restore"),
        (["s3://bucket/prefix", "--at", "2026-11-20T02:00:00Z"], "is no s3://NAME"),
        (["s3://bucket", "--at", "yesterday"], "--at yesterday: is no time"),
        (["s3://bucket", "--at", "2025-11-20T02:00:00Z"], "is longer ago than 30 days"),
        (["s3://bucket", "--at", "9025-11-20T02:00:00Z"], "has not come yet"),
        (["s3://bucket", "--at", "2026-11-20T02:00:00"], "says no zone"),
    ],
)
def test_what_is_not_understood_is_refused(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["restore", *arguments])
    with pytest.raises(SystemExit):
        restore.main()
    assert said in capsys.readouterr().err
