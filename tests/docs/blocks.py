"""The blocks of code of the documentation, and of those that no test here runs, why not."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from tests.docs.pages import ROOT, pages

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
GUIDES = "needs an account with a cloud; tests/infra/test_guides.py looks at its form, and a shell reads it"
ELSEWHERE = {
    ("README.md", 1): "tests/newcomer types it in a bare Debian",
    ("README.md", 2): ".ci/sessions.py types it in a new clone",
    ("README.md", 3): "tests/newcomer types it in a bare Debian",
    ("README.md", 4): "needs an account with a cloud",
    ("docs/first-function.md", None): ".ci/sessions.py runs all of it in a new clone",
    ("docs/deploy-aws.md", None): GUIDES,
    ("docs/deploy-gcp.md", None): GUIDES,
    ("docs/deploy-azure.md", None): GUIDES,
    ("bench/README.md", 1): "hours, or a deployed system; `nox -s bench -- --quick` is a job of the checks on GitHub",
}
"""Blocks of commands, by page and place (None: all of a page), with the reason."""
SHOWN = ("", "text", "mermaid", "http", "console")
"""Languages in which nothing is run: pictures, files of others, requests of the API's examples, which
tests/docs/test_examples.py sends, and a command of the tutorial that deploys."""


@dataclass(frozen=True)
class Block:
    page: str
    number: int
    """Its place among the blocks of its language on that page, from 1 on."""
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page} {self.language or 'plain'} {self.number}"


def blocks() -> Iterator[Block]:
    for path in pages():
        seen: dict[str, int] = {}
        for _, language, text in _FENCE.findall(path.read_text()):
            seen[language] = seen.get(language, 0) + 1
            yield Block(str(path.relative_to(ROOT)), seen[language], language, textwrap.dedent(text))


def of(language: str) -> list[Block]:
    return [one for one in blocks() if one.language == language]


def reason(block: Block) -> str:
    """Why no test here runs it; empty when one does."""
    return ELSEWHERE.get((block.page, block.number)) or ELSEWHERE.get((block.page, None), "")
