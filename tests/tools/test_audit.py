"""What is refused of licences, and what is known of weaknesses: never that nothing is, where nobody was asked."""

from __future__ import annotations

import json

import pytest

from tools import audit


@pytest.mark.parametrize(
    ("licence", "fine"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-3-Clause", True),
        ("MPL-2.0 AND (MIT)", True),
        ("Mozilla Public License 2.0 (MPL 2.0)", True),
        ("Apache Software License; BSD License", True),
        ("GPL-3.0-only", False),
        ("MIT AND GPL-3.0-only", False),
        ("UNKNOWN", False),
        ("", False),
    ],
)
def test_a_licence_is_allowed_where_all_that_it_names_is(licence: str, fine: bool) -> None:
    assert audit.allowed(licence) is fine


def test_a_library_of_another_licence_is_named_with_it() -> None:
    (line,) = audit.refused({"fine": "MIT", "furl": "Public Domain", "viral": "AGPL-3.0"})
    assert "viral states the licence 'AGPL-3.0'" in line


def test_npms_lock_says_the_licence_of_each_library() -> None:
    lock = {"packages": {"": {}, "node_modules/uplot": {"license": "MIT"}, "node_modules/mute": {}}}
    assert audit.stated_by_npm(json.dumps(lock)) == {"uplot": "MIT", "mute": ""}


def test_a_weakness_is_told_with_the_version_that_mends_it() -> None:
    weakness = {"id": "PYSEC-1", "fix_versions": ["2.0"]}
    answer = {"dependencies": [{"name": "sound", "version": "1", "vulns": []}]}
    assert audit.known_to_pypi(json.dumps(answer)) == ([], [])
    answer["dependencies"].append({"name": "weak", "version": "1", "vulns": [weakness]})
    assert audit.known_to_pypi(json.dumps(answer)) == (["weak 1: PYSEC-1, mended in 2.0"], [])


def test_a_library_that_could_not_be_asked_about_is_not_taken_for_a_sound_one() -> None:
    answer = {"dependencies": [{"name": "silent", "skip_reason": "silent was not found on PyPI"}]}
    assert audit.known_to_pypi(json.dumps(answer)) == ([], ["silent was not found on PyPI"])
    assert audit.known_to_pypi("").unknown
    assert audit.known_to_npm('{"error": {"code": "E405"}}').unknown


def test_what_npm_knows_is_told() -> None:
    answer = {"vulnerabilities": {"vite": {"range": "<7", "severity": "high"}}}
    assert audit.known_to_npm(json.dumps(answer)) == (["vite <7: high"], [])
