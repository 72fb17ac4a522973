"""Jobs on their way to a storage queue that is not there or does not know us."""

from __future__ import annotations

import pytest

from adapters.azure.sender import StorageQueue
from core.errors import Code, TrefoilError
from tests.beds.processes import NOBODY
from tests.contract.providers.azure import AzureHarness

MESSAGE = b'{"job":"maintain","account":"A"}'


@pytest.fixture
def environment(harness: AzureHarness) -> dict[str, str]:
    return {
        "AZURE_STORAGE_ACCOUNT_NAME": harness.azurite.account,
        "AZURE_STORAGE_ACCOUNT_KEY": harness.azurite.key,
        "AZURE_STORAGE_QUEUE_ENDPOINT": harness.azurite.queue_url,
    }


@pytest.mark.parametrize(
    "change",
    [
        {"AZURE_STORAGE_QUEUE_ENDPOINT": f"{NOBODY}/devstoreaccount1"},
        {"AZURE_STORAGE_ACCOUNT_KEY": "c3RyYW5nZXI="},
        {"AZURE_STORAGE_ACCOUNT_NAME": "stranger"},
    ],
    ids=["nobody there", "a wrong key", "another account"],
)
def test_a_queue_that_cannot_be_used_is_unavailable(environment: dict[str, str], change: dict[str, str]) -> None:
    with pytest.raises(TrefoilError, match="the queue did not take the job") as caught:
        StorageQueue({**environment, **change}).send(MESSAGE)
    assert caught.value.code is Code.UNAVAILABLE
