"""The parity matrix: what each provider's last run of the contract suite said of each case.

`python -m tests.contract.parity` writes docs/parity.json (every case) and docs/parity.md (cases by name);
`--check` fails when they are not what the last runs said.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
VERDICTS = ROOT / "build" / "verdicts"
JSON, PAGE = ROOT / "docs" / "parity.json", ROOT / "docs" / "parity.md"
RUNTIMES = {
    "local": "`trefoil serve`",
    "aws": "awslambdaric in an emulator (ministack)",
    "gcp": "functions-framework; stand-ins for Cloud Storage and Pub/Sub",
    "azure": "azure-functions-runtime; stand-in for the host; Azurite",
}
HEAD = """# Parity

Written by `nox -s parity` from the last runs of the contract suite; not to be edited. Each case is the same code on every
provider. **differs** means another expectation, reviewed, with its reason; **not provable** means that the stand-ins here
can't show it. The numbers count the variants of a case.

"""

Matrix = dict[str, dict[str, dict[str, str]]]


def matrix() -> Matrix:
    """Case -> provider -> verdict and reason. Raises `FileNotFoundError` for a provider that has not run."""
    found: Matrix = {}
    for provider in RUNTIMES:
        for case, verdict in json.loads((VERDICTS / f"{provider}.json").read_text()).items():
            found.setdefault(case, {})[provider] = verdict
    return dict(sorted(found.items()))


def page(cases: Matrix) -> str:
    lines = ["| runs in | " + " | ".join(RUNTIMES.values()) + " |", "| --- |" + " --- |" * len(RUNTIMES)]
    totals = [
        _cell(Counter(by[provider]["verdict"] for by in cases.values() if provider in by)) for provider in RUNTIMES
    ]
    lines += [f"| {len(cases)} cases | " + " | ".join(totals) + " |", ""]
    groups: dict[str, dict[str, list[dict[str, dict[str, str]]]]] = {}
    for case, by in cases.items():
        group, _, name = case.partition(": ")
        name = name.partition("[")[0].removeprefix("test_").replace("_", " ")
        groups.setdefault(group, {}).setdefault(name, []).append(by)
    for group, names in groups.items():
        lines += [f"## {group}", "", "| case | " + " | ".join(RUNTIMES) + " |", "| --- |" + " --- |" * len(RUNTIMES)]
        for name, variants in names.items():
            cells = [_cell(Counter(by[p]["verdict"] for by in variants if p in by)) for p in RUNTIMES]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        lines.append("")
    return HEAD + "\n".join([*lines, *_reasons(cases)])


def _cell(verdicts: Counter[str]) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items(), reverse=True)) or "did not run"


def _reasons(cases: Matrix) -> list[str]:
    found = {
        (provider, verdict["verdict"], verdict["reason"])
        for by in cases.values()
        for provider, verdict in by.items()
        if "reason" in verdict
    }
    rows = [f"| {provider} | {verdict} | {reason} |" for provider, verdict, reason in sorted(found)]
    return ["## Reasons", "", "| provider | verdict | reason |", "| --- | --- | --- |", *rows, ""]


def main(arguments: list[str]) -> int:
    cases = matrix()
    if odd := [case for case, by in cases.items() if by.keys() != RUNTIMES.keys()]:
        print(f"not run by every provider: {', '.join(odd)}; run the suite whole on each", file=sys.stderr)
        return 1
    written = {JSON: json.dumps(cases, indent=1, ensure_ascii=False) + "\n", PAGE: page(cases)}
    if arguments == ["--check"]:
        stale = [str(path.relative_to(ROOT)) for path, text in written.items() if path.read_text() != text]
        if stale:
            print(f"stale: {', '.join(stale)}; run: nox -s tests aws gcp azure parity", file=sys.stderr)
        return 1 if stale else 0
    for path, text in written.items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
