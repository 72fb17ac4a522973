"""What a run says when it can't be."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.portability.__main__ import main


def test_a_folder_in_which_nothing_was_measured_is_not_gone_on_with(tmp_path: Path) -> None:
    for asked in ("--resume", "--report"):
        with pytest.raises(SystemExit, match=r"has no manifest.json: nothing was measured there; begin a new run"):
            main([asked, str(tmp_path)])


def test_a_run_that_is_over_is_not_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "samples.jsonl.gz").touch()
    with pytest.raises(SystemExit, match="is over, and its samples are compressed"):
        main(["--resume", str(tmp_path)])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--parts", "warm,cool"], "cool is none of warm"),
        (["--providers", "ibm"], "ibm is none of local, aws, gcp, azure"),
        (["--target", "aws=https://example.com"], "give --user"),
        (["--target", "example.com", "--user", "ada"], "'example.com' is no target such as aws=https://"),
    ],
)
def test_what_is_not_understood_is_said(asked: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(asked)
    assert said in capsys.readouterr().err
