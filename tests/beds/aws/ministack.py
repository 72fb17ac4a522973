"""The local stand-in for AWS: one ministack process, with Lambda functions in the genuine runtime interface client.

The emulator checks signatures and role policies (AUTH=true). Not proven by it: the resource policies that let API
Gateway and S3 invoke a function, memory and CPU limits, and real latencies.
"""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tests.beds.processes import Server, free_port

REGION = "us-east-1"
ACCOUNT = "000000000000"
ROOT = Path(__file__).parents[3]
PAGE = ROOT / "core" / "kernel" / "api" / "page"
_BOOTSTRAP = """#!/bin/sh
export PYTHONPATH="$LAMBDA_TASK_ROOT"
exec {python} -m awslambdaric "$_HANDLER"
"""
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        for service in ("lambda.amazonaws.com", "states.amazonaws.com")
    ],
}


class Ministack:
    """The emulator on a free port; ready when the constructor returns."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_ALLOW_HTTP": "true",
        }
        work = folder / "ministack"
        work.mkdir()
        own = {
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "localhost",
            "LAMBDA_EXECUTOR": "local",
            "AUTH": "true",
            "SFN_WAIT_SCALE": "0.1",  # a tenth of the seconds between two attempts
            "TMPDIR": str(work),
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-m", "tests.beds.aws.server"]
        environment = {**os.environ, **self.environment, **own}
        # What is there for itself would take the place of what its functions are given.
        del environment["AWS_ENDPOINT_URL"]
        self._server = Server(command, self.port, folder / "ministack.log", environment)

    def client(self, service: str) -> Any:
        """The official client, signing with version 4 only."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(signature_version="s3v4" if service == "s3" else None, s3={"addressing_style": "path"}),
        )

    def role(self, name: str, *statements: Mapping[str, Any]) -> str:
        iam = self.client("iam")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]["Arn"]
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
        return str(arn)

    def function(self, name: str, handler: str, role: str, environment: Mapping[str, str]) -> str:
        """Make a function of this project's own code, run by awslambdaric; returns its ARN."""
        answer = self.client("lambda").create_function(
            FunctionName=name,
            Role=role,
            Runtime="provided.al2023",
            Handler=handler,
            Code={"ZipFile": package()},
            MemorySize=512,
            Environment={"Variables": dict(environment)},
        )
        return str(answer["FunctionArn"])

    def queue(self, name: str, **attributes: str) -> tuple[str, str]:
        """Make a queue; returns its URL and ARN."""
        sqs = self.client("sqs")
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        return url, arn

    def log_lines(self, function: str) -> list[str]:
        logs = self.client("logs")
        group = f"/aws/lambda/{function}"
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        try:
            events = [event for page in pages for event in page["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []  # the function has not run yet
        return [line for event in events for line in event["message"].splitlines()]

    def close(self) -> None:
        self._server.close()


def package() -> bytes:
    """A zip of the project's code with a bootstrap; the libraries come from the environment that runs the tests."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        bootstrap = zipfile.ZipInfo("bootstrap")
        bootstrap.external_attr = 0o755 << 16
        archive.writestr(bootstrap, _BOOTSTRAP.format(python=sys.executable))
        for folder in ("core", "adapters", "examples", "tests/trial"):
            for path in sorted((ROOT / folder).rglob("*.py")):
                archive.write(path, path.relative_to(ROOT))
        for path in sorted(PAGE.rglob("*.*")):
            archive.write(path, path.relative_to(ROOT))
    return content.getvalue()
