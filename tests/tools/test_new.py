"""A function set of one's own: made, tested, and run from its folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import new

ROOT = Path(__file__).parents[2]


@pytest.fixture
def known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the folders are noted, instead of the clone's own file."""
    monkeypatch.setattr(new, "KNOWN", tmp_path / "functions.pth")
    return tmp_path / "functions.pth"


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), str(folder)])
    others = {name: value for name, value in os.environ.items() if name not in ("TREFOIL_STORE", "TREFOIL_SIGNING_KEY")}
    environment = {**others, "PYTHONPATH": path}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)


def test_what_is_made_runs_at_once(tmp_path: Path, known: Path) -> None:
    folder = tmp_path / "own"
    made = new.make(folder, "mine")
    assert known.read_text() == f"{folder}\n"
    assert "examples" not in "".join(path.read_text() for path in made.rglob("*.py"))
    tested = python(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "mine")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    checked = python(folder, "-m", "demo", "--functions", "mine", "--check")
    assert checked.returncode == 0, checked.stderr
    assert "OK: Hello answers at /.well-known/jwks.json" in checked.stdout
    event = made / "tests" / "events" / "local" / "keep.json"
    ran = python(folder, "-m", "tools.invoke", "keep", "--functions", "mine", "--event", str(event))
    assert json.loads(ran.stdout) == {"text": "milk"}, ran.stderr
    declared = json.loads(python(folder, "-m", "tools.functions", "--functions", "mine").stdout)
    assert (declared["set"], declared["functions"]["summarize"]["source"]) == ("mine", "0 3 * * *")


def test_every_function_has_an_event_for_every_provider() -> None:
    names = {"web", "count", "keep", "summarize"}
    events = ROOT / "examples" / "hello" / "tests" / "events"
    for provider in ("local", "aws", "gcp", "azure"):
        assert {path.stem for path in (events / provider).glob("*.json")} == names


def test_a_folder_is_noted_once(tmp_path: Path, known: Path) -> None:
    for name in ("mine", "ours"):
        new.make(tmp_path / "own", name)
    assert known.read_text().splitlines() == [str(tmp_path / "own")]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Mine", "'Mine' is no name of a package"),
        ("my-set", "'my-set' is no name of a package"),
        ("../up", "'../up' is no name of a package"),
        ("json", "Python has a package 'json' already"),
        ("core", "Python has a package 'core' already"),
    ],
)
def test_a_name_that_is_none_or_taken_makes_nothing(tmp_path: Path, known: Path, name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        new.make(tmp_path / "own", name)
    assert not (tmp_path / "own").exists()
    assert not known.exists()


def test_what_is_there_is_left_alone(tmp_path: Path, known: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(ValueError, match="is there already"):
        new.make(tmp_path, "mine")
    assert list((tmp_path / "mine").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["keep", "--functions", "no_such_set"],
            "ConfigError: TREFOIL_FUNCTIONS: there is no module no_such_set.functions",
        ),
        (
            ["nothing", "--functions", "examples.hello"],
            "NoSuchFunction: there is no function 'nothing'; there are web, count",
        ),
    ],
)
def test_a_set_or_a_function_that_is_not_there_is_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "event.json").write_text("{}")
    ran = python(tmp_path, "-m", "tools.invoke", *arguments, "--event", "event.json")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith(said)
    assert len(ran.stderr.splitlines()) == 1
