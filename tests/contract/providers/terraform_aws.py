"""AWS as Terraform makes it: the roots of `infra/bootstrap/aws` and `infra/aws`, applied to the emulator by the real provider.

The functions run in the genuine runtime interface client, as those of the provider `aws` do; what they are connected
to, and what they may do, is the root's.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.kernel.store import open_store
from core.kernel.triggers import Step
from tests.beds.aws.ministack import ACCOUNT, REGION, ROOT, package
from tests.beds.aws.quotas import Quotas
from tests.contract.providers.aws import MACHINES, AwsHarness, fired
from tests.contract.system import ISSUER, ORIGIN, SITES
from tools.functions import as_json
from tools.root import Root
from tools.workflows.__main__ import files

PROVIDER = """provider "aws" {
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}
"""
OVERRIDE = ROOT / "tests" / "beds" / "aws" / "emulator_override.tf"


class AppliedHarness(AwsHarness):
    def _make(self, folder: Path) -> str:
        self.folder = folder
        self.quotas = Quotas()
        os.environ["AWS_ENDPOINT_URL_SERVICE_QUOTAS"] = self.quotas.url
        shutil.copytree(ROOT / "infra", folder / "infra", ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
        package_of, functions = self.deployment.package, self.deployment.functions
        (folder / "infra" / "functions.json").write_text(as_json(package_of, functions))
        for name, text in files(functions).items():
            if name.startswith("infra/"):
                (folder / name).write_text(text)
        shutil.copytree(ROOT / "web" / "dist", folder / "web" / "dist")
        place = folder / "infra" / "bootstrap" / "aws"
        (place / OVERRIDE.name).write_text(PROVIDER)
        bootstrap = Root(place, {"account_id": ACCOUNT, "region": REGION, "repository": "you/trefoil"})
        bootstrap.init()
        bootstrap.apply()
        backend = {**bootstrap.outputs()["backend"], "key": "prod.tfstate"}
        override = OVERRIDE.read_text().replace("http://emulator.invalid", self.emulator.url)
        (folder / "infra" / "aws" / OVERRIDE.name).write_text(override)
        self.build(package())
        os.environ["TF_VAR_signing_key"] = self.signing_key  # noqa: SIM112  as terraform spells it
        self.variables: dict[str, Any] = {
            "account_id": ACCOUNT,
            "region": REGION,
            "cors_allowed_origins": [ORIGIN],
            "jwt_issuer": ISSUER,
            "forecast_url": self.deployment.variables["TREFOIL_FORECAST_URL"],
            "forecast_sites": {
                name: {"latitude": float(latitude), "longitude": -1.5} for name, latitude in SITES.items()
            },
            "alarm_email": "ops@example.com",
            "monthly_budget": 100,
            "secret_names": ["weather-token"],
            "function_settings": {
                name: value for name, value in self.deployment.variables.items() if name.startswith("OTEL_")
            },
            "max_instances": 4,  # as many processes as this machine can start at once
            "force_destroy": True,
        }
        self.backend = backend
        self.root = self.root_with()
        self.state = str(backend["bucket"])
        self.root.init()
        self.root.apply()
        self.outputs = self.root.outputs()
        self._bucket, self._prefix = self.outputs["ingest_bucket"], ""
        self.store = open_store(self.outputs["store_url"])
        self._names = self.outputs["function_names"]
        self._machines = {one.name: f"{MACHINES}trefoil-prod-{one.name}" for one in self.deployment.of(Step)}
        self._queues = {one.queue: (self._url(one.queue), "", "") for one in self.deployment.consumers}
        return str(urlsplit(self.outputs["api_url"]).hostname).partition(".")[0]

    def root_with(self, **others: Any) -> Root:
        """The root with some inputs changed."""
        return Root(self.folder / "infra" / "aws", {**self.variables, **others}, backend=self.backend)

    def build(self, package: bytes) -> None:
        """Put the package where the root looks for it."""
        (self.folder / "dist").mkdir(exist_ok=True)
        (self.folder / "dist" / "aws.zip").write_bytes(package)

    def _url(self, queue: str) -> str:
        return str(self._sqs.get_queue_url(QueueName=f"trefoil-prod-{queue}")["QueueUrl"])

    def fire(self, function: str) -> None:
        """Do what the schedule does when it is time: call its target, with Scheduler's own event."""
        schedule = self.emulator.client("scheduler").get_schedule(GroupName="trefoil-prod", Name=function)
        self.emulator.client("lambda").invoke(
            FunctionName=schedule["Target"]["Arn"], InvocationType="Event", Payload=fired()
        )

    def close(self) -> None:
        os.environ.pop("TF_VAR_signing_key", None)
        os.environ.pop("AWS_ENDPOINT_URL_SERVICE_QUOTAS", None)
        self.quotas.close()
        super().close()


start = AppliedHarness
