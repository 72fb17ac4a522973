"""Each layout has an example that it reads, and that no other layout takes for its own; the page of them is theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.energy.ingest import formats, recognise
from core.energy.ingest.layouts import LAYOUTS
from core.energy.ingest.layouts.layout import Layout, Long, Meaning, NoReadings
from core.energy.ingest.look import Held, look
from core.energy.ingest.source import Refused
from core.energy.ingest.terms import Terms
from core.energy.ingest.texts import as_text
from core.energy.ingest.words import KWH, NO_FLOW, POINT, START
from core.kernel.clock import microseconds

ROOT = Path(__file__).parents[4]
EXAMPLES = ROOT / "docs" / "formats"
ACME = Layout(
    name="acme",
    title="Acme's meter export",
    where="Acme",
    source="https://acme.example",
    form=Long(
        columns={POINT: ("zaehlpunkt",), START: ("beginn",)},
        needs=(POINT, START),
        values={"arbeit": (KWH, NO_FLOW)},
        meaning=Meaning(zone="Europe/London", order="day", decimal=","),
    ),
)
"""A layout that is added: one declaration, and one example."""
ACME_EXAMPLE = "Zaehlpunkt;Beginn;Arbeit\n1012345678903;15.07.2026 00:00;0,25\n1012345678903;15.07.2026 00:30;0,5\n"


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_layout_reads_its_example_wholly(layout: Layout) -> None:
    found, _ = formats.looked_at(formats.example(EXAMPLES, layout))
    assert found.layout == layout.name
    if isinstance(layout.form, NoReadings):
        assert found.refused == layout.form.reason
        return
    assert (found.refused, found.lacking, found.rejected) == (None, (), 0)
    assert found.readings
    assert found.rows == found.accepted + found.blank


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_no_other_layout_claims_its_example(layout: Layout) -> None:
    start, _, _ = as_text(Held(formats.example(EXAMPLES, layout).read_bytes()))
    received = microseconds(formats.RECEIVED)
    for other in LAYOUTS:
        if other.name != layout.name:
            with pytest.raises(Refused) as refused:
                recognise.recognise(start, Terms(received, layout=other.name))
            assert refused.value.layout is None, f"{other.name} claims it"


def test_names_are_not_given_twice() -> None:
    names = [layout.name for layout in LAYOUTS]
    assert len(set(names)) == len(names)
    assert {path.stem for path in EXAMPLES.iterdir()} == set(names)


def test_the_page_of_formats_is_what_the_declarations_say() -> None:
    assert formats.markdown(EXAMPLES) == (ROOT / "docs" / "formats.md").read_text()


def test_the_sites_list_of_formats_is_what_the_declarations_say() -> None:
    assert formats.listed() == (ROOT / "web" / "src" / "formats.json").read_text()


def test_a_layout_is_added_by_one_declaration_and_one_example(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unknown = look(ACME_EXAMPLE.encode(), None, formats.RECEIVED, whole=True)
    assert unknown.layout is None
    assert "no usable header" in (unknown.refused or "")
    layouts = (*LAYOUTS, ACME)
    monkeypatch.setattr(recognise, "LAYOUTS", layouts)
    monkeypatch.setattr(formats, "LAYOUTS", layouts)
    for path in EXAMPLES.iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / "acme.csv").write_text(ACME_EXAMPLE)
    found = look(ACME_EXAMPLE.encode(), None, formats.RECEIVED, whole=True)
    assert found.layout == "acme"
    assert [(one["start"], one["value"]) for one in found.readings] == [
        ("2026-07-14T23:00:00Z", "0.25"),
        ("2026-07-14T23:30:00Z", "0.5"),
    ]
    assert "### `acme`: Acme's meter export" in formats.markdown(tmp_path)


def test_a_layout_without_an_example_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "LAYOUTS", (*LAYOUTS, ACME))
    with pytest.raises(FileNotFoundError, match="the example of the layout acme"):
        formats.markdown(EXAMPLES)


def test_a_file_that_two_layouts_claim_is_refused_naming_both(monkeypatch: pytest.MonkeyPatch) -> None:
    twin = Layout(name="acme-twin", title="", where="", source="", form=ACME.form)
    monkeypatch.setattr(recognise, "LAYOUTS", (ACME, twin))
    found = look(ACME_EXAMPLE.encode(), None, formats.RECEIVED, whole=True)
    assert "acme and acme-twin" in (found.refused or "")
