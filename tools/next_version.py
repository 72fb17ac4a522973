"""The next step of a rotation: `python3 -m tools.next_version FILE.tfvars` raises `signing_key_version` there by one.

Terraform writes the signing key again when that number changes. Uses the standard library alone.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_SET = re.compile(r'^([ \t]*signing_key_version[ \t]*=[ \t]*)"?(\d+)"?', re.MULTILINE)
FIRST = 1
"""What it is where the file says nothing, as the roots' variable has it."""


def raised(settings: str) -> tuple[str, int]:
    """The settings with the next version, and that; everything else stays as it is.

    Raises `ValueError` where the version is given in a way that is not a number.
    """
    found = list(_SET.finditer(settings))
    named = [line for line in settings.splitlines() if re.match(r"[ \t]*signing_key_version\b", line)]
    if len(named) != len(found) or len(found) > 1:
        raise ValueError(f"signing_key_version is to be one number on one line, and is: {'; '.join(named)}")
    if not found:
        version = FIRST + 1
        end = "" if not settings or settings.endswith("\n") else "\n"
        return f"{settings}{end}signing_key_version = {version}\n", version
    version = int(found[0][2]) + 1
    return settings[: found[0].start()] + f"{found[0][1]}{version}" + settings[found[0].end() :], version


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    path = Path(sys.argv[1])
    try:
        settings, version = raised(path.read_text())
    except (OSError, ValueError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return 1
    path.write_text(settings)
    print(f"{path}: signing_key_version = {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
