"""Jobs on their way to a storage queue that is not there or does not know us."""

from __future__ import annotations

import pytest

from adapters.azure.sender import StorageQueues
from adapters.azure.signer import BlobSigner
from core.kernel.clock import system_clock
from core.kernel.errors import Code, TrefoilError
from tests.beds.processes import NOBODY
from tests.contract.providers.azure import AzureHarness
from tools.queue_stand_in import QueueStandIn

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
    with pytest.raises(TrefoilError, match="the queue jobs did not take the message") as caught:
        StorageQueues({**environment, **change}).send("jobs", MESSAGE)
    assert caught.value.code is Code.UNAVAILABLE


def test_a_connection_that_is_lost_once_is_nothing_to_bother_a_user_with() -> None:
    queue = QueueStandIn(lose=1)
    StorageQueues(queue.environment("azure")).send("jobs", MESSAGE)
    queue.close()
    assert queue.sent == [("jobs", MESSAGE.decode())]


def test_a_delegated_key_that_cannot_be_had_is_unavailable(harness: AzureHarness) -> None:
    environment = {"AZURE_STORAGE_ACCOUNT_NAME": "stranger", "AZURE_STORAGE_ENDPOINT": "https://127.0.0.1:9"}
    with pytest.raises(TrefoilError, match="the URL can't be signed") as caught:
        BlobSigner(harness.store, environment, system_clock).download("a", "a.csv")
    assert caught.value.code is Code.UNAVAILABLE


def test_the_timers_fire_when_they_are_declared_to(harness: AzureHarness) -> None:
    schedules = {
        name: function.trigger["schedule"]
        for name, function in harness.host.functions.items()
        if function.type == "timertrigger"
    }
    assert schedules == {
        "forecast": "0 0 2 * * *",
        "maintain": "0 0 2 * * *",
        "settle_monthly": "0 0 4 3 * *",
        "alert": "0 0 7 * * *",
    }
