"""How the documentation becomes a site: `nox -s docs` runs Sphinx with this, into build/docs.

The pages are those of the repository, where they lie: a link that holds on the site holds in a clone too.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]

NAVIGATION = {
    "Tutorial": ("docs/first-function",),
    "How to": (
        "docs/deploy-aws",
        "docs/deploy-gcp",
        "docs/deploy-azure",
        "docs/operate",
        "docs/runbook",
        "docs/telemetry",
        "docs/add-a-format",
        "docs/add-a-provider",
    ),
    "Reference: using it": (
        "docs/api",
        "docs/accounts",
        "docs/ingestion",
        "docs/formats",
        "docs/readings",
        "docs/costs",
        "docs/settlement",
        "docs/alerts",
        "docs/site",
    ),
    "Reference: running it": (
        "docs/configuration",
        "docs/commands",
        "docs/capabilities",
        "docs/jobs",
        "docs/workflows",
        "docs/workflows/settle",
        "infra/aws/README",
        "infra/gcp/README",
        "infra/azure/README",
        "docs/parity",
    ),
    "Explanation": (
        "docs/design",
        "docs/threat-model",
        "docs/runtimes",
        "docs/faults",
        "bench/README",
        "bench/example/README",
        "demo/README",
        "tests/events/README",
    ),
    "The project": ("README", "CONTRIBUTING", "SECURITY", "CHANGELOG"),
}
"""Every page, by its kind and in the order of the menu. One that is not here, or not there, fails the build."""

project = "Trefoil"
html_title = "Trefoil"
root_doc = "docs/index"
include_patterns = [
    "docs/**.md",
    "[A-Z]*.md",
    "infra/*/README.md",
    "bench/README.md",
    "bench/*/README.md",
    "demo/README.md",
]
include_patterns += ["tests/events/README.md"]
exclude_patterns = ["**/node_modules", ".*", "build", "bench/out", "bench/baselines"]

extensions = ["myst_parser"]
myst_enable_extensions = ["strikethrough"]
myst_heading_anchors = 4
"""As many as GitHub makes, by the same rule."""
suppress_warnings = ["misc.highlighting_failure"]  # an answer may leave out with `...` what is of no interest
nitpicky = True

html_theme = "furo"
html_static_path = ["site-files/static"]
html_css_files = ["site.css"]
html_extra_path = ["site-files/root"]
html_favicon = "../web/public/trefoil.svg"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"top_of_page_buttons": []}


def _menu(_: Sphinx, name: str, source: list[str]) -> None:
    """The first page has the menu, which GitHub would show as it is written."""
    if name == root_doc:
        source[0] += "".join(
            f"\n```{{toctree}}\n:hidden:\n:caption: {kind}\n\n{''.join(f'/{page}{chr(10)}' for page in pages)}```\n"
            for kind, pages in NAVIGATION.items()
        )


def setup(app: Sphinx) -> None:
    app.connect("source-read", _menu)
