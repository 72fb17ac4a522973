"""What a release has, and that its checksums are read by the tool that they are for."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from core import VERSION
from tools import release


def built(dist: Path) -> None:
    """What the session has built, as small files."""
    dist.mkdir()
    for cloud in release.CLOUDS:
        for ending in release.ENDINGS:
            (dist / f"{cloud}.{ending}").write_text(f"{cloud} {ending}")
    (dist / f"trefoil-{VERSION}-py3-none-any.whl").write_text("wheel")


def test_a_release_has_each_clouds_package_and_the_wheel_named_by_its_version(tmp_path: Path) -> None:
    built(tmp_path / "dist")
    files = release.gathered(tmp_path / "dist", tmp_path / "release")
    assert len(files) == 10
    assert all(one.name.startswith(f"trefoil-{VERSION}-") for one in files)
    assert (tmp_path / "release" / f"trefoil-{VERSION}-gcp.zip").read_text() == "gcp zip"


def test_a_package_that_was_not_built_is_named(tmp_path: Path) -> None:
    built(tmp_path / "dist")
    (tmp_path / "dist" / "azure.cdx.json").unlink()
    with pytest.raises(FileNotFoundError, match="azure"):
        release.gathered(tmp_path / "dist", tmp_path / "release")


def test_sha256sum_checks_the_sums_and_finds_a_file_that_was_changed(tmp_path: Path) -> None:
    built(tmp_path / "dist")
    into = tmp_path / "release"
    (into / release.SUMS).write_text(release.sums(release.gathered(tmp_path / "dist", into)))

    def checked() -> int:
        return subprocess.run(
            ["sha256sum", "--check", "--quiet", release.SUMS], cwd=into, capture_output=True
        ).returncode

    assert checked() == 0
    (into / f"trefoil-{VERSION}-aws.zip").write_text("another")
    assert checked() != 0


def test_a_tag_of_another_version_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["release", "v9.9.9"])
    with pytest.raises(SystemExit):
        release.main()
    assert f"'v9.9.9' is not v{VERSION}" in capsys.readouterr().err


def test_the_tag_of_this_version_can_be_looked_at_before_anything_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["release", f"v{VERSION}", "--check"])
    monkeypatch.setattr(release, "gathered", None)
    assert release.main() == 0
