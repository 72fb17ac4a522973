from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.energy.messages import MAX_BYTES, DeleteAccount, Export, Forecast, Maintain, decode, send
from core.kernel.events import UnknownEvent
from core.kernel.identifiers import ACCOUNT, DOCUMENT_ID
from core.kernel.services import Services
from tests.conftest import KeptQueue

TEXT = st.text(max_size=50)
ACCOUNTS = st.from_regex(ACCOUNT, fullmatch=True)
JOBS = st.one_of(
    st.builds(Export, ACCOUNTS, st.from_regex(DOCUMENT_ID, fullmatch=True)),
    st.builds(DeleteAccount, ACCOUNTS, TEXT),
    st.builds(Maintain, ACCOUNTS),
    st.builds(Forecast, TEXT),
)


@given(JOBS)
def test_a_job_survives_the_queue(job: Export | DeleteAccount | Maintain | Forecast) -> None:
    assert decode(msgspec.json.encode(job)) == job


@given(st.one_of(st.binary(max_size=200), TEXT.map(str.encode)))
def test_any_other_bytes_are_an_unknown_event(message: bytes) -> None:
    with pytest.raises(UnknownEvent):
        decode(message)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["job", "account", "id", "date", "x"]), inner)
    ),
)


@given(JSON)
def test_any_other_json_is_an_unknown_event(value: object) -> None:
    try:
        assert isinstance(decode(json.dumps(value).encode()), Export | DeleteAccount | Maintain | Forecast)
    except UnknownEvent:
        return


@pytest.mark.parametrize("nesting", ["[" * 20_000, '{"job":' * 5000])
def test_deep_nesting_is_an_unknown_event(nesting: str) -> None:
    with pytest.raises(UnknownEvent, match="the message is not JSON"):
        decode(nesting.encode())


def test_48_kib_are_a_message_and_a_byte_more_is_none() -> None:
    def of(size: int) -> bytes:
        empty = b'{"job":"maintain","account":"A","more":""}'
        return empty.replace(b'""', b'"' + b"x" * (size - len(empty)) + b'"')

    assert len(of(MAX_BYTES)) == MAX_BYTES
    assert isinstance(decode(of(MAX_BYTES)), Maintain)
    with pytest.raises(UnknownEvent, match="has 49153 bytes; at most 49152 are allowed"):
        decode(of(MAX_BYTES + 1))


def test_what_is_sent_is_what_is_decoded(services: Services, queue: KeptQueue) -> None:
    send(services, Export("A", "1"))
    assert queue.sent == [b'{"job":"export","account":"A","id":"1"}']


@pytest.mark.parametrize("name", ["", "..", "a/b", "A\n", "x" * 65])
@pytest.mark.parametrize("job", ["maintain", "export", "delete-account"])
def test_a_name_that_can_be_no_account_is_an_unknown_event(job: str, name: str) -> None:
    with pytest.raises(UnknownEvent, match=r"Expected `str` matching regex .* - at `\$\.account`"):
        decode(json.dumps({"job": job, "account": name, "id": "x", "identity": ""}).encode())
