"""Raising the version of the signing key in a file of settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import next_version
from tools.next_version import raised

REST = 'account_id = "1"\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (REST, f"{REST}signing_key_version = 2\n"),
        (REST.rstrip(), f"{REST}signing_key_version = 2\n"),
        ("", "signing_key_version = 2\n"),
        (f"{REST}signing_key_version = 2\n", f"{REST}signing_key_version = 3\n"),
        (f"  signing_key_version=9 # March\n{REST}", f"  signing_key_version=10 # March\n{REST}"),
        ('signing_key_version = "4"\r\n' + REST, "signing_key_version = 5\r\n" + REST),
        (f"# signing_key_version = 7\n{REST}", f"# signing_key_version = 7\n{REST}signing_key_version = 2\n"),
    ],
)
def test_only_the_version_changes(before: str, after: str) -> None:
    assert raised(before)[0] == after


@pytest.mark.parametrize(
    "text", ["signing_key_version = var.x\n", "signing_key_version = 1\nsigning_key_version = 2\n"]
)
def test_what_is_no_number_is_refused_and_stays(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "aws.tfvars").write_text(text)
    monkeypatch.setattr("sys.argv", ["next_version", str(tmp_path / "aws.tfvars")])
    assert next_version.main() == 1
    assert (tmp_path / "aws.tfvars").read_text() == text


def test_each_call_raises_it_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "aws.tfvars"
    path.write_text(REST)
    monkeypatch.setattr("sys.argv", ["next_version", str(path)])
    for version in (2, 3, 4):
        assert next_version.main() == 0
        assert path.read_text() == f"{REST}signing_key_version = {version}\n"
    path.unlink()
    assert next_version.main() == 1
