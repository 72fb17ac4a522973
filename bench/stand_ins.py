"""The stand-in of each cloud's object store, with a bucket, and the variables by which clients find it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

BUCKET = "trefoil-state"
ENDPOINTS = {"aws": "AWS_ENDPOINT_URL", "gcp": "GOOGLE_BASE_URL", "azure": "AZURE_STORAGE_ENDPOINT"}
"""The variable that says where a store is."""
STORES = {"aws": f"s3://{BUCKET}", "gcp": f"gs://{BUCKET}", "azure": f"az://{BUCKET}"}
"""Its URL, as TREFOIL_STORE has it."""


@contextmanager
def aws(folder: Path) -> Iterator[dict[str, str]]:
    from tests.beds.aws.ministack import Ministack

    with closing(Ministack(folder)) as emulator:
        emulator.client("s3").create_bucket(Bucket=BUCKET)
        yield emulator.environment


@contextmanager
def gcp(folder: Path) -> Iterator[dict[str, str]]:
    from tests.beds.gcp.gcs import GcsFront
    from tests.contract.providers.gcp import ACCOUNT, service_account

    key_file, public = service_account(folder)
    with closing(GcsFront(service_accounts={ACCOUNT: public})) as front:
        front.create_bucket(BUCKET)
        credentials = {"GOOGLE_APPLICATION_CREDENTIALS": str(key_file), "GOOGLE_CLOUD_PROJECT": "local"}
        yield {**credentials, "GOOGLE_BASE_URL": front.url, "GOOGLE_ALLOW_HTTP": "true"}


@contextmanager
def azure(_: Path) -> Iterator[dict[str, str]]:
    from azure.storage.blob import ContainerClient

    from tests.beds.azure.azurite import Azurite
    from tests.contract.providers.azure import store_environment

    with closing(Azurite(Path(os.environ["AZURITE"]))) as azurite:
        with ContainerClient.from_connection_string(azurite.connection_string, BUCKET) as container:
            container.create_container()
        yield {**store_environment(azurite), "AzureWebJobsStorage": azurite.connection_string}


STAND_INS: dict[str, Any] = {"aws": aws, "gcp": gcp, "azure": azure}
