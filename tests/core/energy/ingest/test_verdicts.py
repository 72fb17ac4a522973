"""The sentence that a person reads of a file: true at the edges, and of any counts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from core.energy.ingest import reports
from core.energy.ingest.verdicts import outcome, verdict

REFUSED_FILE = {"name": "notes.pdf", "status": "refused", "reason": "a PDF is no file of readings"}
GOOD_FILE = {"name": "a.csv", "status": "accepted", "reason": None}


def report(**counts: Any) -> dict[str, Any]:
    return {**reports.EMPTY, **counts}


@pytest.mark.parametrize(
    ("found", "word", "sentence"),
    [
        (
            report(rows=1440, accepted=1440, readings=1440, landed=1440),
            "accepted",
            "All 1,440 rows were accepted; all 1,440 readings landed.",
        ),
        (
            report(rows=1440, accepted=1438, rejected=2, readings=1438, landed=1438),
            "partly",
            "1,438 of 1,440 rows were accepted, 2 rejected; all 1,438 readings landed.",
        ),
        (report(), "accepted", "The file has no rows, so nothing landed."),
        (
            report(rows=2, accepted=0, blank=2),
            "accepted",
            "0 of 2 rows were accepted, 2 blank; no reading was found in it, so nothing landed.",
        ),
        (
            report(rows=1, accepted=1, gaps=48),
            "accepted",
            "The one row was accepted; no reading was found in it, so nothing landed.",
        ),
        (
            report(status="refused", reason="it is empty"),
            "refused",
            "Refused, nothing of it was used: it is empty.",
        ),
        (
            report(status="refused", reason="no row can be used.", rows=3, rejected=3, rejects_key="x"),
            "refused",
            "Refused, nothing of it was used: no row can be used.",
        ),
        (
            report(rows=48, accepted=48, readings=48, duplicates=48),
            "accepted",
            "All 48 rows were accepted; nothing changed: 48 readings were there already.",
        ),
        (
            report(rows=2, accepted=2, readings=2, duplicates=1, conflicts=1),
            "accepted",
            "All 2 rows were accepted; nothing changed: 1 reading was there already, 1 gave way to another value.",
        ),
        (
            report(rows=10, accepted=10, readings=10, landed=6, duplicates=3, conflicts=3, replaced=2),
            "accepted",
            (
                "All 10 rows were accepted; 6 of 10 readings landed (2 in the place of another value),"
                " 3 said what was said already, 1 gave way to another value."
            ),
        ),
        (
            report(rows=5, accepted=5, readings=5, landed=None, duplicates=None, conflicts=None, replaced=None),
            "accepted",
            "All 5 rows were accepted; 5 readings were taken.",
        ),
        (
            report(rows=2, accepted=2, readings=2, landed=2, files=[GOOD_FILE, REFUSED_FILE]),
            "partly",
            (
                "All 2 rows were accepted; all 2 readings landed; 1 of 2 files was refused,"
                " notes.pdf: a PDF is no file of readings."
            ),
        ),
        (
            report(rows=1, accepted=1, readings=1, landed=1, files=[GOOD_FILE, REFUSED_FILE, REFUSED_FILE]),
            "partly",
            (
                "The one row was accepted; its reading landed; 2 of 3 files were refused,"
                " the first notes.pdf: a PDF is no file of readings."
            ),
        ),
    ],
    ids=[
        "all landed",
        "some rejected",
        "no rows",
        "blank rows only",
        "gaps only",
        "refused",
        "all rejected",
        "duplicates only",
        "nothing that won",
        "some of each",
        "found in the table after a crash",
        "an archive with a refused file",
        "an archive with two refused files",
    ],
)
def test_the_verdict_is_true_and_readable(found: dict[str, Any], word: str, sentence: str) -> None:
    assert (outcome(found), verdict(found)) == (word, sentence)


counts = st.integers(0, 3) | st.integers(0, 5_000_000)


@given(counts, counts, counts, counts, counts, counts, counts)
def test_of_any_counts_the_sentence_claims_no_more_than_there_was(
    accepted: int, rejected: int, blank: int, landed: int, duplicates: int, lost: int, replaced: int
) -> None:
    assume(replaced <= landed and (accepted or not landed + duplicates + lost))
    readings = landed + duplicates + lost
    found = report(
        rows=accepted + rejected + blank,
        accepted=accepted,
        rejected=rejected,
        blank=blank,
        readings=readings,
        landed=landed,
        duplicates=duplicates,
        conflicts=lost + replaced,
        replaced=replaced,
    )
    said = verdict(found)
    assert said.endswith(".")
    assert "1 rows" not in re.sub(r"\d[\d,]*1 rows", "", said)
    numbers = {int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\d|\d", said)}
    assert numbers <= {value for value in found.values() if isinstance(value, int)} | {lost}
    assert {count for count in (rejected, blank) if count} <= numbers
    assert ("All" in said or "The one row" in said) == (found["rows"] > 0 and not rejected and not blank)
    if readings:
        assert ("nothing changed" in said) == (landed == 0)
        assert ("all " in said or "its reading" in said) == (landed == readings)
    assert outcome(found) == ("partly" if rejected else "accepted")
