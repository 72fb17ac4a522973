"""What the API's page is drawn with, brought up to a release: `python -m tools.swagger_ui VERSION`.

The files are those of npm's swagger-ui-dist, as they are. They are kept with the code: the page has to be there on a
machine with nothing but Python, and what PyPI has of it wants a web framework or is years old. `component.json` says
which release they are of, in the form of a bill of materials, with the digest of each.
"""

from __future__ import annotations

import argparse
import base64
import json
import shutil
import sys
import tarfile
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from tools.node import npm

FOLDER = Path(__file__).parents[1] / "core" / "kernel" / "api" / "page" / "swagger_ui"
PACKAGE = "swagger-ui-dist"
FILES = ("swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css", "LICENSE", "NOTICE")


def bring(version: str, folder: Path = FOLDER) -> dict[str, Any]:
    """Put the files of a release into the folder; returns its component. Raises `RuntimeError` with what npm said."""
    with tempfile.TemporaryDirectory() as name:
        made = Path(name)
        done = npm(made, "pack", "--json", "--ignore-scripts", f"{PACKAGE}@{version}")
        if done.returncode:
            raise RuntimeError(f"npm has no {PACKAGE} {version}: {done.stderr[-2000:]}")
        (packed,) = json.loads(done.stdout)
        with tarfile.open(made / packed["filename"]) as archive:
            archive.extractall(made, filter="data")
        for file in FILES:
            shutil.copyfile(made / "package" / file, folder / file)
    component = described(packed["version"], packed["integrity"], folder)
    (folder / "component.json").write_text(json.dumps(component, indent=2) + "\n")
    return component


def described(version: str, integrity: str, folder: Path) -> dict[str, Any]:
    """A release as a component of CycloneDX 1.6; `integrity` is npm's digest of the whole."""
    whole = base64.b64decode(integrity.removeprefix("sha512-")).hex()
    where = f"pkg:npm/{PACKAGE}@{version}"
    return {
        "bom-ref": where,
        "type": "library",
        "name": PACKAGE,
        "version": version,
        "description": "Swagger UI, which draws the API's page; the licences of its bundle's parts lie beside it",
        "licenses": [{"license": {"id": "Apache-2.0"}}],
        "purl": where,
        "hashes": [{"alg": "SHA-512", "content": whole}],
        "components": [
            {
                "type": "file",
                "name": name,
                "hashes": [{"alg": "SHA-256", "content": sha256((folder / name).read_bytes()).hexdigest()}],
            }
            for name in FILES
        ],
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.swagger_ui", description=__doc__.split("\n\n")[0])
    parser.add_argument("version", metavar="VERSION", help="a release of swagger-ui-dist")
    options = parser.parse_args()
    try:
        component = bring(options.version)
    except (OSError, RuntimeError) as error:
        print(f"swagger_ui: {error}", file=sys.stderr)
        return 1
    print(f"{component['purl']} is in {FOLDER}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
