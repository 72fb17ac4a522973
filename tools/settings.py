"""What a file of Terraform's variables gives at its top level, read without terraform: text, numbers and true or false.

Enough to look at a deployment's settings before anything runs; terraform itself reads them for good. Uses the standard
library alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

# In this order: text, comments, braces, assignments. What none of them matches is passed over.
_TOKEN = re.compile(
    r'(?P<text>"(?:\\.|[^"\\])*")|(?P<comment>/\*.*?\*/|(?:#|//)[^\n]*)|(?P<heredoc><<-?\s*(?P<end>\w+)\n.*?\n\s*(?P=end)\b)'
    r"|(?P<open>[{\[(])|(?P<close>[}\])])|(?P<name>[A-Za-z_][\w-]*)\s*=(?!=)|(?P<word>[\w.+-]+)",
    re.DOTALL,
)


def read(path: Path) -> Mapping[str, str]:
    """Values by name, as they are written, text without its quotes; what is more than one word is "".

    A file that is not there gives nothing, and so does JSON that is none: terraform will say more.
    """
    if not path.is_file():
        return {}
    if path.suffix == ".json":
        return _of_json(path.read_text())
    found: dict[str, str] = {}
    depth, name = 0, ""
    for token in _TOKEN.finditer(path.read_text()):
        kind = token.lastgroup if token.lastgroup != "end" else "heredoc"
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
        elif kind == "name" and depth == 0:
            name = token["name"]
            found[name] = ""
        elif kind in ("text", "word") and depth == 0 and name:
            found[name], name = token[0].strip('"'), ""
    return found


def _of_json(written: str) -> Mapping[str, str]:
    try:
        values = json.loads(written)
    except ValueError:
        return {}
    if not isinstance(values, dict):
        return {}
    plain = {name: value for name, value in values.items() if isinstance(value, str | int | float)}
    return {
        **dict.fromkeys(values, ""),
        **{name: json.dumps(value).strip('"') for name, value in plain.items()},
    }
