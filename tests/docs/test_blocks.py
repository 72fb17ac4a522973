"""Every block of code in the documentation does what it says: commands run, Python makes what it declares, JSON fits.

What is run elsewhere, or can't be, is in `tests.docs.blocks` with its reason.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.local import bootstrap
from core.kernel.dead_letters import DeadLetters
from core.kernel.events import GivenUp
from core.kernel.functions import FunctionSet
from core.kernel.services import Services
from core.kernel.triggers import Step
from core.kernel.workflow import declared
from examples.hello import functions as hello
from tests.docs.blocks import ELSEWHERE, SHOWN, Block, blocks, of, reason
from tests.docs.examples import POINT
from tests.docs.pages import ROOT
from tests.docs.test_examples import form
from tools.docs.api import examples

READINGS = f"point,start,version,kwh\n{POINT},2026-07-01T00:00:00Z,1,0.25\n"
SHELL: dict[str, Callable[[Path], dict[str, str]]] = {}
"""By page, what has to be there before its commands are run, in a folder; it returns what stands there in the place of
something that is the reader's own."""


def page(name: str) -> Callable[[Callable[[Path], dict[str, str]]], Callable[[Path], dict[str, str]]]:
    def keep(before: Callable[[Path], dict[str, str]]) -> Callable[[Path], dict[str, str]]:
        SHELL[name] = before
        return before

    return keep


@page("docs/operate.md")
def _nothing(_: Path) -> dict[str, str]:
    return {}


@page("docs/accounts.md")
def _a_product(folder: Path) -> dict[str, str]:
    product = json.loads(next(one.text for one in of("json") if str(one) == "docs/accounts.md json 2"))
    (folder / "night-owl.json").write_text(json.dumps({**product, "id": "night-owl"}))
    return {}


@page("docs/jobs.md")
def _a_dead_letter(folder: Path) -> dict[str, str]:
    services = _services(folder / "trefoil-data")
    given_up = GivenUp("jobs", {"job": "maintain", "account": "Account17"}, attempts=5, error="the store was down")
    written = DeadLetters(services.documents, services.clock).bury(given_up)
    return {"s3://my-bucket": (folder / "trefoil-data" / "store").as_uri(), "ID": written}


@page("docs/add-a-format.md")
def _a_clone(folder: Path) -> dict[str, str]:
    shutil.copytree(ROOT / "docs" / "formats", folder / "docs" / "formats")
    (folder / "web" / "src").mkdir(parents=True)
    return {}


def _services(folder: Path) -> Services:
    return bootstrap.services(bootstrap.environment(folder, "http://127.0.0.1", given={}), base_url="http://127.0.0.1")


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """As after an install: `trefoil` is on the path."""
    folder = tmp_path_factory.mktemp("bin")
    command = folder / "trefoil"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m adapters.local "$@"\n')
    command.chmod(0o755)
    own = {name: value for name, value in os.environ.items() if not name.startswith("TREFOIL_")}
    return {**own, "PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("name", SHELL)
def test_the_commands_of_a_page_do_what_they_say(name: str, tmp_path: Path, variables: Mapping[str, str]) -> None:
    own = SHELL[name](tmp_path)
    for block in of("sh"):
        if block.page == name and not reason(block):
            text = block.text
            for readers, ours in own.items():
                text = text.replace(readers, ours)
            command = ["bash", "-euo", "pipefail", "-c", text]
            done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{block}\n{text}\n{done.stdout}{done.stderr}"
    if name == "docs/jobs.md":
        services = _services(tmp_path / "trefoil-data")
        assert DeadLetters(services.documents, services.clock).every() == []


def _snippet(name: str) -> str:
    return next(one.text for one in of("python") if one.page == name)


class Note(msgspec.Struct):
    id: str
    text: str


def test_the_function_set_of_readme_is_one() -> None:
    """With the handlers that it names, it can be declared; its functions are those that it shows."""
    made: dict[str, Any] = {**vars(hello), "Note": Note, "total": hello.summarize}
    exec(compile(_snippet("README.md"), "README.md", "exec", dont_inherit=True), made)
    functions: FunctionSet = made["FUNCTIONS"]
    assert functions is not hello.FUNCTIONS
    assert {"web", "keep", "sum"} <= set(functions.every)


def test_the_workflow_of_the_page_is_one() -> None:
    def step() -> None: ...

    made: dict[str, Any] = {**vars(declared), "Function": hello.Function, "Step": Step}
    made |= dict.fromkeys(("check", "total", "add_up"), step)
    exec(compile(_snippet("docs/workflows.md"), "docs/workflows.md", "exec", dont_inherit=True), made)
    assert isinstance(made["WORKFLOW"], declared.Workflow)


def test_all_python_is_tried() -> None:
    assert {one.page for one in of("python")} == {"README.md", "docs/workflows.md"}
    assert len(of("python")) == 2


@pytest.mark.parametrize("block", of("json"), ids=str)
def test_json_is_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize(
    ("name", "number", "route", "part"),
    [
        ("docs/accounts.md", 1, "GET /api/accounts", "answer"),
        ("docs/accounts.md", 2, "PUT /api/products/{product}", "body"),
        ("docs/costs.md", 1, "GET /api/accounts/{account}/costs", "answer"),
    ],
)
def test_a_page_shows_what_the_system_answers(name: str, number: int, route: str, part: str) -> None:
    shown = next(json.loads(one.text) for one in of("json") if (one.page, one.number) == (name, number))
    assert form(shown).keys() == form(examples()[route][part]).keys()


def test_no_block_is_left_out() -> None:
    """Each is of a language that is tried or only shown, and each with commands is run or says why not."""
    assert {one.language for one in blocks()} == {"sh", "python", "json", *SHOWN}
    left = [str(one) for one in of("sh") if not reason(one) and one.page not in SHELL]
    assert not left, f"add them to SHELL in this file, or to ELSEWHERE with the reason: {', '.join(left)}"
    known = {(one.page, one.number) for one in of("sh")} | {(one.page, None) for one in of("sh")}
    assert set(ELSEWHERE) <= known, "a reason is for a block that is no more"
