"""What is in a package, and that two builds of it are one."""

from __future__ import annotations

import json
import sys
import zipfile
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from tools.bytecode import TAG
from tools.package import LAMBDA_LIMIT, SPARE, Package, TooBig, _check, _set, build


def test_two_builds_are_the_same_to_the_byte(package: Package, tmp_path: Path) -> None:
    if package.path.stem == "azure":
        pytest.skip("as AWS's, by the same steps, which is built twice in its session; this would take minutes more")
    again = build(package.path.stem, tmp_path)
    assert (again.sha256, again.content) == (package.sha256, package.content)
    assert again.path.read_bytes() == package.path.read_bytes()


def test_it_holds_the_code_that_this_cloud_runs_and_no_other(package: Package) -> None:
    names = zipfile.ZipFile(package.path).namelist()
    provider = package.path.stem
    assert "core/kernel/api/app.py" in names
    adapters = {name.split("/")[1] for name in names if name.startswith("adapters/") and name.endswith(".py")}
    assert adapters == {"__init__.py", provider}


def test_it_holds_what_the_api_s_page_is_drawn_with_and_its_licence(package: Package) -> None:
    names = set(zipfile.ZipFile(package.path).namelist())
    page = "core/kernel/api/page"
    assert {f"{page}/index.html", f"{page}/start.js", f"{page}/start.css"} <= names
    held = ("swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css", "LICENSE", "NOTICE")
    assert {f"{page}/swagger_ui/{name}" for name in held} <= names


def test_it_holds_no_tests_or_lists(package: Package) -> None:
    for name in zipfile.ZipFile(package.path).namelist():
        assert not {"tests", "RECORD"}.intersection(name.split("/")), name


def test_each_source_is_there_compiled_and_nothing_else_is_but_on_google_cloud_which_compiles_itself(
    package: Package,
) -> None:
    names = set(zipfile.ZipFile(package.path).namelist())
    bytecode = {name for name in names if name.endswith(".pyc")}
    sources = set() if package.path.stem == "gcp" else {name for name in names if name.endswith(".py")}
    assert bytecode == {cache_from_source(name).replace(sys.implementation.cache_tag or "", TAG) for name in sources}


def test_it_tells_nothing_of_who_built_it_or_when(package: Package) -> None:
    for entry in zipfile.ZipFile(package.path).infolist():
        assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        assert entry.external_attr >> 16 in (0o100644, 0o100755)
        assert entry.create_system == 3


def test_the_manifest_names_every_file(package: Package) -> None:
    manifest = json.loads(package.path.with_suffix(".manifest.json").read_text())
    assert manifest["content"] == package.content
    assert list(manifest["files"]) == zipfile.ZipFile(package.path).namelist()


def test_a_package_that_lambda_would_refuse_soon_is_refused_here_and_says_what_is_large() -> None:
    limit = int(LAMBDA_LIMIT * (1 - SPARE))
    _check("aws", {"a/b.so": b"x" * limit})
    with pytest.raises(TooBig, match=r"230 MB unzipped leave less than 8% of Lambda's limit free: c 0 MB, a 230 MB"):
        _check("aws", {"a/b.so": b"x" * limit, "c": b"x"})
    _check("gcp", {"a/b.so": b"x" * (limit + 1)})


def test_a_set_of_ones_own_takes_no_hidden_file_and_no_test_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "mine"
    for name in ("functions.py", "rates.json", ".env", ".git/config", "tests/test_functions.py"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert dict(_set("mine")) == {"mine/functions.py": b"", "mine/rates.json": b""}
