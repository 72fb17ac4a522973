"""The life of a deployment on the emulator: nothing to change, an upgrade, a lost resource, the end.

The contract suite runs against the same deployment before these (`nox -s terraform -- --apply aws`).
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest

from core.energy.functions import FUNCTIONS
from tests import asking
from tests.beds.aws.ministack import package
from tests.contract.providers.terraform_aws import AppliedHarness
from tools.root import TerraformFailed
from tools.waiting import eventually

FORGOTTEN = (
    "aws_apigatewayv2_authorizer.",
    "aws_cloudfront_response_headers_policy.",
    "aws_cloudwatch_metric_alarm.",
    "aws_sfn_state_machine.",
)
"""Kinds that the emulator takes but does not give back as they were: a plan would change them for ever."""


@pytest.fixture
def applied(harness: Any) -> AppliedHarness:
    assert isinstance(harness, AppliedHarness), "run with --provider=terraform_aws"
    return harness


def changes(applied: AppliedHarness) -> dict[str, Sequence[str]]:
    return {name: done for name, done in applied.root.changes().items() if not name.startswith(FORGOTTEN)}


def health(applied: AppliedHarness) -> dict[str, Any]:
    return dict(asking.request("GET", f"{applied.base_url}/api/health", headers=dict(applied.headers)).json())


def test_a_second_plan_changes_nothing(applied: AppliedHarness) -> None:
    assert changes(applied) == {}


def test_every_function_is_there_and_waits_for_what_it_declares(applied: AppliedHarness) -> None:
    client = applied.emulator.client("lambda")
    for one in FUNCTIONS.every.values():
        made = client.get_function_configuration(FunctionName=applied.outputs["function_names"][one.name])
        assert (made["MemorySize"], made["Timeout"]) == (one.memory_mb, one.timeout_s), one.name


def test_the_outputs_hold_no_secret_and_the_state_neither(applied: AppliedHarness) -> None:
    kept = applied.emulator.client("s3").get_object(Bucket=applied.state, Key="prod.tfstate")
    state = kept["Body"].read().decode()
    assert '"aws_lambda_function"' in state
    assert applied.signing_key.splitlines()[1] not in state
    assert "PRIVATE KEY" not in state + json.dumps(applied.outputs)


def test_dead_letter_queues_keep_messages_for_fourteen_days(applied: AppliedHarness) -> None:
    for url in applied.outputs["dead_letter_queue_ids"].values():
        attributes = applied._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert attributes["MessageRetentionPeriod"] == str(14 * 24 * 3600)


def test_a_resource_that_somebody_removed_comes_back(applied: AppliedHarness) -> None:
    applied.emulator.client("scheduler").delete_schedule(GroupName="trefoil-prod", Name="forecast")
    assert changes(applied) == {'aws_scheduler_schedule.this["forecast"]': ["create"]}
    applied.root.apply()
    assert changes(applied) == {}


def test_the_signing_key_is_not_overwritten_by_nothing(
    applied: AppliedHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TF_VAR_signing_key")
    assert changes(applied) == {}, "a later apply needs no key"
    with pytest.raises(TerraformFailed, match="signing_key is needed"):
        applied.root_with(signing_key_version=2).apply()
    name = applied.outputs["secret_ids"]["signing-key"]
    kept = applied.emulator.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    assert kept == applied.signing_key
    monkeypatch.setenv("TF_VAR_signing_key", applied.signing_key)
    applied.root.apply()


def test_a_new_account_is_told_what_it_can_not_have_before_anything_is_made(
    applied: AppliedHarness, capfd: pytest.CaptureFixture[str]
) -> None:
    applied.quotas.value = 10
    try:
        with pytest.raises(TerraformFailed, match=r"gives none more than\s+3,008: set\s+function_memory_mb = 2048"):
            applied.root_with(function_memory_mb=4096).changes()
        capfd.readouterr()
        assert changes(applied) == {}, "what it has needs no more"
        assert "This account runs 10 functions at once" in " ".join(capfd.readouterr().out.split())
    finally:
        applied.quotas.value = 1000


def test_without_force_destroy_nothing_is_destroyed(applied: AppliedHarness) -> None:
    kept = applied.root_with(force_destroy=False)
    kept.apply()
    with pytest.raises(TerraformFailed, match="apply with force_destroy = true first"):
        kept.destroy()
    assert health(applied)["status"] == "ok"
    assert set(changes(applied)) <= {"terraform_data.keep_state[0]", 'aws_s3_bucket.this["state"]'}
    applied.root.apply()


def test_a_new_package_is_deployed_and_nothing_else_changes(applied: AppliedHarness) -> None:
    before = health(applied)["version"]
    upgraded = io.BytesIO(package())
    with zipfile.ZipFile(io.BytesIO(package())) as old, zipfile.ZipFile(upgraded, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "core/__init__.py":
                content = content.replace(before.encode(), b"9.9.9")
            new.writestr(entry, content)
    applied.build(upgraded.getvalue())
    changed = changes(applied)
    assert {name.partition("[")[0] for name in changed} == {
        "aws_s3_object.package",
        "aws_lambda_function.this",
        "aws_lambda_alias.live",
    }
    applied.root.apply()
    eventually("new version", lambda: health(applied)["version"] == "9.9.9")
    assert changes(applied) == {}


def test_destroying_leaves_nothing(applied: AppliedHarness) -> None:
    client = applied.emulator.client
    # The emulator does not encode keys in a listing that asks for it, so the provider would delete others for ever.
    bucket = applied.outputs["ingest_bucket"]
    for page in client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket):
        for one in page.get("Versions", []):
            if quote(one["Key"]) != one["Key"]:
                client("s3").delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
    applied.root.destroy()
    assert [one["Name"] for one in client("s3").list_buckets()["Buckets"]] == [applied.state], "Terraform's own"
    assert client("sqs").list_queues().get("QueueUrls", []) == []
    assert client("lambda").list_functions()["Functions"] == []
    assert client("lambda").list_event_source_mappings()["EventSourceMappings"] == []
    assert client("apigatewayv2").get_apis()["Items"] == []
    assert client("cloudfront").list_distributions()["DistributionList"].get("Items", []) == []
    assert [one["RoleName"] for one in client("iam").list_roles()["Roles"]] == ["trefoil-deployer"], "of the bootstrap"
    assert client("logs").describe_log_groups()["logGroups"] == []
    assert client("ssm").describe_parameters()["Parameters"] == []
    assert client("stepfunctions").list_state_machines()["stateMachines"] == []
    assert client("sns").list_topics()["Topics"] == []
    assert client("scheduler").list_schedules()["Schedules"] == []
    assert client("cloudwatch").describe_alarms()["MetricAlarms"] == []
