"""The bill of materials of a package."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tools.package import ROOT, bill


@pytest.mark.parametrize("provider", ["aws", "gcp", "azure"])
def test_a_bill_names_every_library_of_the_package_with_its_version_and_hashes(provider: str, tmp_path: Path) -> None:
    """And two of them are the same to the byte."""
    paths = [tmp_path / "one.cdx.json", tmp_path / "other.cdx.json"]
    for path in paths:
        bill(provider, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    written = json.loads(paths[0].read_text())
    assert (written["bomFormat"], written["specVersion"]) == ("CycloneDX", "1.6")
    lock = (ROOT / "requirements" / f"deploy-{provider}.txt").read_text()
    locked = dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", lock, re.MULTILINE))
    listed = {one["name"]: one for one in written["components"]}
    swagger_ui = listed.pop("swagger-ui-dist")
    assert (swagger_ui["licenses"], swagger_ui["hashes"][0]["alg"]) == ([{"license": {"id": "Apache-2.0"}}], "SHA-512")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(paths[0].read_text()) is None
    assert {name: one["version"] for name, one in listed.items()} == locked
    hashes = {one["content"] for part in listed.values() for one in part["externalReferences"][0]["hashes"]}
    assert hashes == set(re.findall(r"--hash=sha256:([0-9a-f]{64})", lock))
