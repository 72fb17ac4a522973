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
from core.kernel.clock import rfc3339, system_clock
from core.kernel.functions import Function
from core.kernel.store import open_store
from core.kernel.triggers import Authorizer, Http, Object, Queue, Step
from core.kernel.workflow.declared import Workflow
from core.kernel.workflow.steps import workflow_of
from demo.weather import WeatherStandIn
from tests.beds.aws.ministack import ACCOUNT, REGION, Ministack
from tests.beds.collector import Collector
from tests.beds.deployment import Deployment
from tests.beds.inbox import Inbox
from tests.beds.processes import NOBODY
from tests.contract.system import AUDIENCE, ISSUER, ORIGIN, PASSWORD
from tools.workflows import asl

BUCKET, PREFIX = "trefoil-state", "prod"
PARAMETER = "/trefoil/signing-key"
MACHINES = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:"
SCHEDULED = {
    "version": "0",
    "id": "00000000-0000-0000-0000-000000000000",
    "detail-type": "Scheduled Event",
    "source": "aws.scheduler",
    "account": "123456789012",
    "region": REGION,
    "resources": [f"arn:aws:scheduler:{REGION}:123456789012:schedule/trefoil/one"],
    "detail": "{}",
}
"""What Scheduler sends of its own, without its time."""
VISIBILITY = "1"
"""Seconds between two attempts; deployed it is six times the function's time-out."""
LONGEST_START = "20"
"""Seconds that a dead letter is hidden while it is written, beyond a cold start on a slow machine; deployed it is 360.
Else it comes twice, and is there again after its replay, as at-least-once allows."""


def fired() -> bytes:
    """Scheduler's own event, of now."""
    return json.dumps({**SCHEDULED, "time": rfc3339(system_clock())}).encode()


class AwsHarness:
    provider = "aws"
    issuer = ISSUER
    unreachable: Mapping[str, str] = {"AWS_ENDPOINT_URL": NOBODY}
    strangers: Mapping[str, str] = {"AWS_ACCESS_KEY_ID": "AKIASTRANGER", "AWS_SECRET_ACCESS_KEY": "wrong"}

    weather: WeatherStandIn
    inbox: Inbox
    collector: Collector

    def __init__(self, folder: Path, deployment: Deployment) -> None:
        self.deployment = deployment
        with ExitStack() as started:
            self.emulator = started.enter_context(closing(Ministack(folder)))
            self._start(folder)
            self._started = started.pop_all()

    def _start(self, folder: Path) -> None:
        os.environ.update(self.emulator.environment)
        self.signing_key = keys.generate()
        self._s3 = self.emulator.client("s3")
        self._sqs = self.emulator.client("sqs")
        self._names = {name: name for name in self.deployment.functions.every}
        gateway = self._make(folder)
        self.deployment.fill(self.store)
        self.base_url = self.emulator.url
        self.headers: Mapping[str, str] = {"Host": f"{gateway}.execute-api.localhost:{self.emulator.port}"}

    def _make(self, folder: Path) -> str:
        """Make everything; returns the id of the gateway's API."""
        self._bucket, self._prefix = BUCKET, f"{PREFIX}/"
        self._s3.create_bucket(Bucket=BUCKET)
        self.emulator.client("ssm").put_parameter(Name=PARAMETER, Value=self.signing_key, Type="SecureString")
        self.store = open_store(f"s3://{BUCKET}/{PREFIX}")
        self._queues = {one.queue: self._queue(one) for one in self.deployment.consumers}
        self._functions()
        self._events()
        self._machines = {one.name: self._machine(one) for one in self.deployment.of(Step)}
        return self._gateway()

    def _queue(self, function: Function) -> tuple[str, str, str]:
        """A queue and its dead-letter queue: URL and ARN of the one, ARN of the other."""
        _, dead = self.emulator.queue(f"{function.queue}-dead", VisibilityTimeout=LONGEST_START)
        redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": function.attempts})
        return (*self.emulator.queue(function.queue, VisibilityTimeout=VISIBILITY, RedrivePolicy=redrive), dead)

    def _functions(self) -> None:
        state = {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        }
        secret = {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": f"arn:aws:ssm:*:*:parameter{PARAMETER}"}
        queues = [arn for _, arn, _ in self._queues.values()]
        sends = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": queues}
        starts = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": f"{MACHINES}*"}
        role = self.emulator.role("trefoil", state, secret, sends, starts)
        environment = {
            "TREFOIL_STORE": f"s3://{BUCKET}/{PREFIX}",
            "TREFOIL_ISSUER": ISSUER,
            "TREFOIL_AUDIENCE": AUDIENCE,
            "TREFOIL_SIGNING_KEY": f"ssm:{PARAMETER}",
            "TREFOIL_CORS_ORIGINS": ORIGIN,
            "TREFOIL_QUEUES": f"{self.emulator.url}/{ACCOUNT}/",
            "TREFOIL_WORKFLOWS": MACHINES,
            "AWS_ENDPOINT_URL": self.emulator.url,
            "AWS_ALLOW_HTTP": "true",
            **self.deployment.environment,
        }
        self.arns = {
            name: self.emulator.function(name, f"adapters.aws.main.{name}", role, environment)
            for name in self.deployment.functions.every
        }

    def _machine(self, function: Function) -> str:
        """The state machine of a workflow, which may invoke its function; returns its ARN."""
        arn = self.arns[function.name]
        role = self.emulator.role(
            f"{function.name}-runs", {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn}
        )
        made = self.emulator.client("stepfunctions").create_state_machine(
            name=function.name, definition=_definition(workflow_of(function), arn), roleArn=role
        )
        return str(made["stateMachineArn"])

    def define(self, function: str, workflow: Workflow) -> None:
        machine, sfn = self._machines[function], self.emulator.client("stepfunctions")
        held = json.loads(sfn.describe_state_machine(stateMachineArn=machine)["definition"])
        arn = held["States"]["note__done"]["Parameters"]["FunctionName"]
        sfn.update_state_machine(stateMachineArn=machine, definition=_definition(workflow, arn))

    def step(self, function: str, event: Mapping[str, Any]) -> Any:
        answer = self.emulator.client("lambda").invoke(
            FunctionName=self._names[function], Payload=json.dumps(event).encode()
        )
        assert "FunctionError" not in answer, answer["Payload"].read()
        return json.loads(answer["Payload"].read())

    def _events(self) -> None:
        for function in self.deployment.consumers:
            _, live, dead = self._queues[function.queue]
            for source, name, batch in (
                (live, function.name, 1 if isinstance(function.trigger, Queue) else 10),
                (dead, self.deployment.burying(function).name, 10),
            ):
                self.emulator.client("lambda").create_event_source_mapping(
                    EventSourceArn=source,
                    FunctionName=name,
                    BatchSize=batch,
                    FunctionResponseTypes=["ReportBatchItemFailures"],
                )
        created = [self._notify(function) for function in self.deployment.of(Object)]
        self._s3.put_bucket_notification_configuration(
            Bucket=BUCKET, NotificationConfiguration={"QueueConfigurations": created}
        )

    def _notify(self, function: Function) -> dict[str, Any]:
        """Let S3 send to the function's queue; returns what it is asked to send."""
        url, arn, _ = self._queues[function.queue]
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
        rules = [{"Name": "prefix", "Value": f"{PREFIX}/{function.trigger.source}"}]
        return {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}}

    def _gateway(self) -> str:
        gateway = self.emulator.client("apigatewayv2")
        api = str(gateway.create_api(Name="trefoil", ProtocolType="HTTP")["ApiId"])
        (http,) = self.deployment.of(Http)
        integration = gateway.create_integration(
            ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=self.arns[http.name], PayloadFormatVersion="2.0"
        )["IntegrationId"]
        judged = [self._authorizer(gateway, api, one) for one in self.deployment.of(Authorizer)]
        how = {"AuthorizationType": "CUSTOM", "AuthorizerId": judged[0]} if judged else {"AuthorizationType": "NONE"}
        gateway.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}", **how)
        gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
        return api

    def _authorizer(self, gateway: Any, api: str, function: Function) -> str:
        arn = self.arns[function.name]
        made = gateway.create_authorizer(
            ApiId=api,
            Name="trefoil",
            AuthorizerType="REQUEST",
            AuthorizerUri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
            AuthorizerPayloadFormatVersion="2.0",
            EnableSimpleResponses=True,
            IdentitySource=[],  # none, so that requests without a token reach the authorizer too
            AuthorizerResultTtlInSeconds=0,
        )
        return str(made["AuthorizerId"])

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
        self.send(self.deployment.under(key).queue, json.dumps({"Records": [record]}).encode())

    def send(self, queue: str, message: bytes) -> None:
        self._sqs.send_message(QueueUrl=self._queues[queue][0], MessageBody=message.decode())

    def fire(self, function: str) -> None:
        self.emulator.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=fired())

    def logs(self) -> list[dict[str, Any]]:
        names = {"timestamp": "time", "requestId": "invocation", "xray_trace_id": "trace"}
        lines = [
            line for name in self._names.values() for line in self.emulator.log_lines(name) if line.startswith("{")
        ]
        return [{names.get(name, name): value for name, value in json.loads(line).items()} for line in lines]

    def close(self) -> None:
        self._started.close()


def _definition(workflow: Workflow, function: str) -> str:
    return json.dumps(asl.compiled("trial", workflow)).replace(asl.FUNCTION, function)


start = AwsHarness
