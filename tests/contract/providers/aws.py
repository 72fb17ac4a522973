"""AWS: awslambdaric in the emulator, HTTP through API Gateway and the authorizer, objects through S3, SQS, Lambda."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from core.kernel.auth import keys
from core.kernel.functions import BY_NAME
from core.kernel.store import open_store
from demo.weather import WeatherStandIn
from tests.beds.aws.ministack import REGION, ROOT, Ministack
from tests.beds.processes import NOBODY
from tests.contract.system import AUDIENCE, FORECAST_SITES, ISSUER, ORIGIN, PASSWORD, populate
from tools.invoke import MODULES

BUCKET, PREFIX = "trefoil-state", "prod"
PARAMETER = "/trefoil/signing-key"
FUNCTIONS = {one.name: f"adapters.aws.{MODULES[one.trigger]}.{one.name}" for one in BY_NAME.values()}
STRUCK = ROOT / "tests" / "events" / "aws"
VISIBILITY = "1"
"""Seconds between two attempts; deployed it is six times the function's time-out."""


class AwsHarness:
    provider = "aws"
    issuer = ISSUER
    unreachable: Mapping[str, str] = {"AWS_ENDPOINT_URL": NOBODY}
    strangers: Mapping[str, str] = {"AWS_ACCESS_KEY_ID": "AKIASTRANGER", "AWS_SECRET_ACCESS_KEY": "wrong"}

    def __init__(self, folder: Path) -> None:
        with ExitStack() as started:
            self.emulator = started.enter_context(closing(Ministack(folder)))
            self.weather = started.enter_context(closing(WeatherStandIn()))
            self._start(folder)
            self._started = started.pop_all()

    def _start(self, folder: Path) -> None:
        os.environ.update(self.emulator.environment)
        self.signing_key = keys.generate()
        self._s3 = self.emulator.client("s3")
        self._sqs = self.emulator.client("sqs")
        self._names = {name: name for name in FUNCTIONS}
        gateway = self._make(folder)
        populate(self.store)
        self.base_url = self.emulator.url
        self.headers: Mapping[str, str] = {"Host": f"{gateway}.execute-api.localhost:{self.emulator.port}"}

    def _make(self, folder: Path) -> str:
        """Make everything; returns the id of the gateway's API."""
        self._bucket, self._prefix = BUCKET, f"{PREFIX}/"
        self._s3.create_bucket(Bucket=BUCKET)
        self.emulator.client("ssm").put_parameter(Name=PARAMETER, Value=self.signing_key, Type="SecureString")
        self.store = open_store(f"s3://{BUCKET}/{PREFIX}")
        self._queues = {function: self._queue(function) for function in ("ingest", "jobs")}
        self._functions()
        self._events()
        return self._gateway()

    def _queue(self, function: str) -> tuple[str, str, str]:
        """A queue and its dead-letter queue: URL and ARN of the one, ARN of the other."""
        _, dead = self.emulator.queue(f"{function}-dead", VisibilityTimeout=VISIBILITY)
        redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": BY_NAME[function].attempts})
        return (*self.emulator.queue(function, VisibilityTimeout=VISIBILITY, RedrivePolicy=redrive), dead)

    def _functions(self) -> None:
        state = {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        }
        secret = {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": f"arn:aws:ssm:*:*:parameter{PARAMETER}"}
        jobs = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": self._queues["jobs"][1]}
        role = self.emulator.role("trefoil", state, secret, jobs)
        environment = {
            "TREFOIL_STORE": f"s3://{BUCKET}/{PREFIX}",
            "TREFOIL_ISSUER": ISSUER,
            "TREFOIL_AUDIENCE": AUDIENCE,
            "TREFOIL_SIGNING_KEY": f"ssm:{PARAMETER}",
            "TREFOIL_CORS_ORIGINS": ORIGIN,
            "TREFOIL_JOBS_QUEUE": self._queues["jobs"][0],
            "TREFOIL_FORECAST_URL": self.weather.url,
            "TREFOIL_FORECAST_SITES": FORECAST_SITES,
            "AWS_ENDPOINT_URL": self.emulator.url,
            "AWS_ALLOW_HTTP": "true",
        }
        self.arns = {name: self.emulator.function(name, how, role, environment) for name, how in FUNCTIONS.items()}

    def _events(self) -> None:
        url, arn, _ = self._queues["ingest"]
        policy = {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{BUCKET}"}},
        }
        self._sqs.set_queue_attributes(
            QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [policy]})}
        )
        for function, (_, live, dead) in self._queues.items():
            for source, name, batch in (
                (live, function, 1 if function == "jobs" else 10),
                (dead, f"bury_{function}", 10),
            ):
                self.emulator.client("lambda").create_event_source_mapping(
                    EventSourceArn=source,
                    FunctionName=name,
                    BatchSize=batch,
                    FunctionResponseTypes=["ReportBatchItemFailures"],
                )
        rules = [{"Name": "prefix", "Value": f"{PREFIX}/incoming/"}]
        created = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}}
        self._s3.put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": [created]}
        )

    def _gateway(self) -> str:
        gateway = self.emulator.client("apigatewayv2")
        api = str(gateway.create_api(Name="trefoil", ProtocolType="HTTP")["ApiId"])
        uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{self.arns['authorizer']}/invocations"
        authorizer = gateway.create_authorizer(
            ApiId=api,
            Name="trefoil",
            AuthorizerType="REQUEST",
            AuthorizerUri=uri,
            AuthorizerPayloadFormatVersion="2.0",
            EnableSimpleResponses=True,
            IdentitySource=[],  # none, so that requests without a token reach the authorizer too
            AuthorizerResultTtlInSeconds=0,
        )["AuthorizerId"]
        integration = gateway.create_integration(
            ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=self.arns["api"], PayloadFormatVersion="2.0"
        )["IntegrationId"]
        gateway.create_route(
            ApiId=api,
            RouteKey="$default",
            Target=f"integrations/{integration}",
            AuthorizationType="CUSTOM",
            AuthorizerId=authorizer,
        )
        gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
        return api

    def credentials(self, user: str) -> tuple[str, str]:
        return user, PASSWORD

    def drop(self, key: str, content: bytes) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=self._prefix + key, Body=content)

    def fetch(self, key: str) -> bytes:
        return bytes(self._s3.get_object(Bucket=self._bucket, Key=self._prefix + key)["Body"].read())

    def remove(self, key: str) -> None:
        self._s3.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    def announce(self, key: str) -> None:
        named = {"bucket": {"name": self._bucket}, "object": {"key": quote_plus(self._prefix + key, safe="/")}}
        record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": named}
        self.send({"Records": [record]})

    def send(self, message: Any) -> None:
        """Put any message into the queue of `ingest`."""
        self._sqs.send_message(QueueUrl=self._queues["ingest"][0], MessageBody=json.dumps(message))

    def queue(self, message: bytes) -> None:
        self._sqs.send_message(QueueUrl=self._queues["jobs"][0], MessageBody=message.decode())

    def strike(self, function: str) -> None:
        event = (STRUCK / function / "scheduler.json").read_bytes()
        self.emulator.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=event)

    def logs(self) -> list[dict[str, Any]]:
        names = {"timestamp": "time", "requestId": "invocation", "xray_trace_id": "trace"}
        lines = [
            line for name in self._names.values() for line in self.emulator.log_lines(name) if line.startswith("{")
        ]
        return [{names.get(name, name): value for name, value in json.loads(line).items()} for line in lines]

    def close(self) -> None:
        self._started.close()


start = AwsHarness
