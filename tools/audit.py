"""`nox -s audit`: the licences of all that is deployed or runs locally, and what is known to be weak in it.

Licences are those that each library states. One that is not in `ALLOWED`, or none, fails, unless `REVIEWED` says why
it may stay. Weaknesses are asked of PyPI and of npm's registry, by pip-audit and `npm audit`; where one of them does
not answer, as a mirror does not, that is said, and nothing is claimed.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tools.node import npm

WEB = Path(__file__).parents[1] / "web"
ALLOWED = frozenset(
    {
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MIT",
        "MIT-0",
        "MPL-2.0",
        "PSF-2.0",
        "Python-2.0",
        "Unlicense",
        "ZPL-2.1",
    }
)
"""SPDX ids. None of them asks that a program which uses the library be published."""
SPELT: Mapping[str, str] = {
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License 2.0": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD 3-Clause": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
"""How libraries of before SPDX say it."""
REVIEWED: Mapping[str, str] = {
    "furl": "its LICENSE.md is the Unlicense",
    "orderedmultidict": "its LICENSE.md is the Unlicense",
}
"""Libraries that state no licence, or another, and why they may be deployed all the same."""
_OPERATORS = re.compile(r"\s+(?:AND|OR|WITH)\s+|[;/()]")


class Known(NamedTuple):
    """What is known to be weak, and what nothing could be learnt of, a line each."""

    weak: list[str]
    unknown: list[str]


def stated(python: Path) -> dict[str, str]:
    """The licence of each library of an environment, as it states it."""
    asked = [sys.executable, "-m", "piplicenses", f"--python={python}", "--format=json", "--from=mixed"]
    found = json.loads(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)
    return {one["Name"]: one["License"] for one in found}


def stated_by_npm(lock: str) -> dict[str, str]:
    """The same of the libraries in a package-lock.json, which has it of each."""
    packages: Mapping[str, Any] = json.loads(lock)["packages"]
    return {path.removeprefix("node_modules/"): str(one.get("license", "")) for path, one in packages.items() if path}


def allowed(licence: str) -> bool:
    """Whether all that an expression names is allowed: of several to choose from, too."""
    parts = [licence] if licence in SPELT else [part.strip() for part in _OPERATORS.split(licence) if part.strip()]
    return bool(parts) and all(SPELT.get(part, part) in ALLOWED for part in parts)


def refused(licences: Mapping[str, str]) -> list[str]:
    return [
        f"{library} states the licence {licence!r}; if it may be used, say why in REVIEWED of tools/audit.py"
        for library, licence in sorted(licences.items())
        if not allowed(licence) and library not in REVIEWED
    ]


def known_to_pypi(answer: str) -> Known:
    """What an answer of pip-audit says, which takes a library that it could not ask about for a sound one."""
    try:
        dependencies: list[dict[str, Any]] = json.loads(answer)["dependencies"]
    except (ValueError, KeyError):
        return Known([], ["pip-audit gave no answer"])
    return Known(
        [
            f"{one['name']} {one['version']}: {each['id']}, mended in {', '.join(each['fix_versions']) or 'no version'}"
            for one in dependencies
            for each in one.get("vulns", [])
        ],
        [one["skip_reason"] for one in dependencies if "skip_reason" in one],
    )


def known_to_npm(answer: str) -> Known:
    """The same of an answer of `npm audit`."""
    try:
        found: Mapping[str, dict[str, Any]] = json.loads(answer)["vulnerabilities"]
    except (ValueError, KeyError):
        return Known([], ["npm's registry did not answer"])
    return Known([f"{name} {one['range']}: {one['severity']}" for name, one in found.items()], [])


def _pypi(lock: Path) -> Known:
    asked = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--progress-spinner=off"]
    wanted = ["--format=json", f"--requirement={lock}"]
    return known_to_pypi(subprocess.run([*asked, *wanted], check=False, capture_output=True, text=True).stdout)


def _look(name: str, licences: Mapping[str, str], known: Known, *, strict: bool) -> int:
    """Say what was found of one part of the system; returns how much of it must not be."""
    wrong = [*refused(licences), *known.weak]
    print(f"{name}: {len(licences)} libraries, {len(wrong)} objections")
    for line in wrong:
        print(f"{name}: {line}")
    if known.unknown:
        more = f", and {len(known.unknown) - 1} more" if len(known.unknown) > 1 else ""
        print(f"{name}: weaknesses could not be looked up: {known.unknown[0]}{more}")
    return len(wrong) + (len(known.unknown) if strict else 0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="nox -s audit --", description=__doc__)
    parser.add_argument("environments", nargs="+", metavar="NAME=PYTHON", help="of a lock, and the Python that has it")
    parser.add_argument("--strict", action="store_true", help="fail where weaknesses could not be looked up, too")
    options = parser.parse_args()
    wrong = 0
    for name, python in (one.split("=", 1) for one in options.environments):
        wrong += _look(name, stated(Path(python)), _pypi(Path("requirements", f"{name}.txt")), strict=options.strict)
    lock = (WEB / "package-lock.json").read_text()
    wrong += _look("site", stated_by_npm(lock), known_to_npm(npm(WEB, "audit", "--json").stdout), strict=options.strict)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
