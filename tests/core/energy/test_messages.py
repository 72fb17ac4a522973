from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.energy.accounts.deletion import DeletionJob
from core.energy.alerts.job import AlertJob
from core.energy.exports.job import ExportJob
from core.energy.forecasts.job import ForecastJob
from core.energy.functions import FUNCTIONS
from core.energy.jobs import QUEUE, send
from core.energy.readings.maintenance import MaintenanceJob
from core.kernel import jobs
from core.kernel.events import MAX_BYTES, UnknownEvent
from core.kernel.functions import Job, resolve
from core.kernel.identifiers import ACCOUNT, DOCUMENT_ID
from core.kernel.services import Services
from tests.conftest import KeptQueue
from tests.core.energy.running import run

TEXT = st.text(max_size=50)
ACCOUNTS = st.from_regex(ACCOUNT, fullmatch=True)
JOBS = st.one_of(
    st.builds(ExportJob, ACCOUNTS, st.from_regex(DOCUMENT_ID, fullmatch=True)),
    st.builds(DeletionJob, ACCOUNTS, TEXT),
    st.builds(MaintenanceJob, ACCOUNTS),
    st.builds(ForecastJob, TEXT),
    st.builds(AlertJob, ACCOUNTS, TEXT),
)
Message = ExportJob | DeletionJob | MaintenanceJob | ForecastJob | AlertJob


def decode(message: bytes) -> Any:
    return jobs.decode(FUNCTIONS, QUEUE, message)[1]


@given(JOBS)
def test_a_job_survives_the_queue(job: Message) -> None:
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
        assert isinstance(decode(json.dumps(value).encode()), Message)
    except UnknownEvent:
        return


@pytest.mark.parametrize("nesting", ["[" * 20_000, '{"job":' * 5000])
def test_deep_nesting_is_an_unknown_event(nesting: str) -> None:
    with pytest.raises(UnknownEvent, match="the message is not JSON"):
        decode(nesting.encode())


def test_48_kib_are_a_message_and_a_byte_more_is_none(services: Services) -> None:
    def of(size: int) -> bytes:
        empty = b'{"job":"maintain","account":"A","more":""}'
        return empty.replace(b'""', b'"' + b"x" * (size - len(empty)) + b'"')

    assert len(of(MAX_BYTES)) == MAX_BYTES
    assert run(services, of(MAX_BYTES))["account"] == "A"
    with pytest.raises(UnknownEvent, match="has 49153 bytes; at most 49152 are allowed"):
        run(services, of(MAX_BYTES + 1))


def test_what_is_sent_is_what_is_decoded(services: Services, queue: KeptQueue) -> None:
    send(services, ExportJob("A", "1"))
    assert queue.sent == [b'{"job":"export","account":"A","id":"1"}']


@pytest.mark.parametrize("name", ["", "..", "a/b", "A\n", "x" * 65])
@pytest.mark.parametrize("job", ["maintain", "export", "delete-account"])
def test_a_name_that_can_be_no_account_is_an_unknown_event(job: str, name: str) -> None:
    with pytest.raises(UnknownEvent, match=r"Expected `str` matching regex .* - at `\$\.account`"):
        decode(json.dumps({"job": job, "account": name, "id": "x", "identity": ""}).encode())


@pytest.mark.parametrize("job", FUNCTIONS.jobs, ids=lambda job: job.kind)
def test_a_message_names_the_kind_that_its_job_is_declared_with(job: Job) -> None:
    config = resolve(job.message).__struct_config__
    assert (config.tag_field, config.tag) == ("job", job.kind)
