"""A conditional write whose answer is lost: it counts once, and who made it is told that it was made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.kernel.documents import AlreadyExists, Documents, Stale
from core.kernel.errors import TrefoilError
from tests.beds.fault_proxy import LOST, Fault, FaultProxy, Rule

AT_ONCE = [fault for fault in LOST if fault is not Fault.LOST_HANG]
"""Losses that are noticed at once: silence takes its seconds."""


@pytest.mark.parametrize("fault", LOST)
def test_a_creation_whose_answer_is_lost_is_its_writer_s(documents: Documents, proxy: FaultProxy, fault: Fault) -> None:
    proxy.plan(Rule(fault, "PUT", times=1))
    documents.create("a.json", {"number": 1})
    with pytest.raises(AlreadyExists):
        documents.create("a.json", {"number": 1})
    found = documents.get("a.json")
    assert found is not None


@pytest.mark.parametrize("fault", AT_ONCE)
def test_a_replacement_whose_answer_is_lost_is_its_writer_s(
    documents: Documents, proxy: FaultProxy, fault: Fault
) -> None:
    documents.create("a.json", 1)
    first = documents.get("a.json")
    assert first is not None
    proxy.plan(Rule(fault, "PUT", times=1))
    documents.replace("a.json", 2, first.revision)
    with pytest.raises(Stale):
        documents.replace("a.json", 2, first.revision)


@pytest.mark.parametrize("fault", AT_ONCE)
def test_a_counter_counts_once(documents: Documents, proxy: FaultProxy, fault: Fault) -> None:
    for _ in range(5):
        proxy.plan(Rule(fault, "PUT", times=1))
        documents.update("count.json", lambda value: (value or 0) + 1)
    assert documents.get("count.json").value == 5  # type: ignore[union-attr]


def test_a_write_that_others_built_upon_is_known_by_its_writer(documents: Documents, proxy: FaultProxy) -> None:
    """Of eight writers at once half of the answers are lost; none of their writes counts twice, or not at all."""
    proxy.plan(Rule(Fault.LOST_BUSY, "PUT", share=0.2), Rule(Fault.LOST_CLOSED, "PUT", share=0.3), seed=20)

    def increment(_: int) -> tuple[int, int]:
        """How often it was told that it was done, and that nothing is known."""
        done, unknown = 0, 0
        for _ in range(5):
            try:
                documents.update("count.json", lambda value: (value or 0) + 1)
                done += 1
            except TrefoilError:
                unknown += 1
        return done, unknown

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(increment, range(8)))
    proxy.plan()
    done, unknown = (sum(each) for each in zip(*told, strict=True))
    assert done > unknown
    assert done <= documents.get("count.json").value <= done + unknown  # type: ignore[union-attr]
