from __future__ import annotations

import base64
import json

from tools.swagger_ui import FOLDER, described


def test_what_is_kept_is_described_as_the_tool_does() -> None:
    kept = json.loads((FOLDER / "component.json").read_text())
    integrity = "sha512-" + base64.b64encode(bytes.fromhex(kept["hashes"][0]["content"])).decode()
    assert described(kept["version"], integrity, FOLDER) == kept
