"""A function set of one's own, from `examples/hello`: `python -m tools.new FOLDER NAME`.

Makes the package FOLDER/NAME, with its functions, a test of each and an event of each for every provider, and notes
FOLDER in `functions.pth`, so that nox's sessions find the package.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "hello"
KNOWN = ROOT / "functions.pth"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def make(folder: Path, name: str) -> Path:
    """The package that was made. Raises `ValueError` for a name that is none or taken; nothing is made then."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a package: give lower-case letters, digits and _, a letter first")
    target = folder.resolve() / name
    if target.exists():
        raise ValueError(f"{target} is there already; choose another name or folder")
    if find_spec(name) is not None:
        raise ValueError(f"Python has a package {name!r} already; choose another name")
    for path in sorted(EXAMPLE.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            made = target / path.relative_to(EXAMPLE)
            made.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, made)
            if path.suffix == ".py":
                made.write_text(path.read_text().replace("examples.hello", name))
    remember(folder.resolve())
    return target


def remember(folder: Path) -> None:
    """Note a folder in which nox finds packages; one noted before is not noted again."""
    known = KNOWN.read_text().splitlines() if KNOWN.exists() else []
    if str(folder) not in known:
        KNOWN.write_text("".join(f"{one}\n" for one in (*known, folder)))


def main() -> int:
    parser = argparse.ArgumentParser(prog="nox -s new --", description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where to; made if it is not there")
    parser.add_argument("name", metavar="NAME", help="of the package")
    options = parser.parse_args()
    try:
        target = make(options.folder, options.name)
    except (OSError, ValueError) as error:
        print(f"new: {error}", file=sys.stderr)
        return 1
    name = options.name
    print(f"""made {target}

  nox -s tests -- {target}
  nox -s demo -- --functions {name}
  nox -s invoke -- web --functions {name} --event {target}/tests/events/local/web.json
  nox -s invoke -- web --functions {name} --provider aws --event {target}/tests/events/aws/web.json
  nox -s package -- aws --functions {name}

docs/first-function.md goes on from here.""")
    return 0


if __name__ == "__main__":
    sys.exit(main())
