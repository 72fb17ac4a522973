"""That a fresh account takes the roots at the first try: what must wait does, and nothing is asked that is not there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.infra.conftest import Terraform
from tests.infra.roots import read, resources
from tests.infra.test_plans import KEPT
from tools.infra import INFRA, ROOTS

EDGE = re.compile(r'"([^"]+)" -> "([^"]+)"')
BURST = 1000
"""Files that are dropped at once."""
WORK_S = 14
"""Seconds that a file of a year of half-hours may take; the slowest of the kept figures takes less than one."""


@pytest.fixture(scope="module")
def waits(terraform: Terraform) -> Mapping[str, Mapping[str, set[str]]]:
    """Everything that a resource comes after, by root and address: `terraform graph`, followed to its ends."""
    found = {}
    for root in (*ROOTS, "bootstrap/gcp"):
        done = terraform(root, "graph")
        assert done.returncode == 0, done.stderr
        direct: dict[str, set[str]] = {}
        for address, before in EDGE.findall(done.stdout):
            direct.setdefault(address, set()).add(before)
            direct.setdefault(before, set())
        found[root] = _ends(direct)
    return found


def _ends(direct: Mapping[str, set[str]]) -> Mapping[str, set[str]]:
    @cache
    def after(address: str) -> frozenset[str]:
        return frozenset(direct[address]).union(*(after(before) for before in direct[address]))

    return {address: set(after(address)) for address in direct}


@cache
def planned(root: str, inputs: str) -> Mapping[str, Mapping[str, object]]:
    return dict(yaml.safe_load((KEPT / f"{root}-{inputs}.yaml").read_text()))


@pytest.mark.parametrize("root", ["gcp", "bootstrap/gcp"])
def test_everything_waits_until_google_clouds_services_are_on(
    waits: Mapping[str, Mapping[str, set[str]]], root: str
) -> None:
    early = {
        address
        for address, before in waits[root].items()
        if "google" in address and "time_sleep.services" not in before
    }
    # The root reads the project before it plans; what answers that the bootstrap has switched on.
    assert early == {"google_project_service.this"} | ({"data.google_project.this"} if root == "gcp" else set())


def test_googles_own_agents_are_made_before_they_are_granted_anything(
    waits: Mapping[str, Mapping[str, set[str]]],
) -> None:
    granted = [
        address
        for address, body in resources(INFRA / "gcp").items()
        if "_iam_member." in address and "local.pubsub_agent" in str(body["member"])
    ]
    assert len(granted) == 4, granted
    for address in granted:
        assert {"google_workload_identity_service_agent.this", "time_sleep.grants"} <= waits["gcp"][address], address


def test_googles_agents_keep_their_roles_when_a_deployment_goes(waits: Mapping[str, Mapping[str, set[str]]]) -> None:
    """They are the project's, and Google does not give them back: another deployment could not build any more."""
    once = resources(INFRA / "bootstrap" / "gcp")
    assert "google_workload_identity_service_agent.this" in waits["bootstrap/gcp"]["google_project_iam_member.agent"]
    assert once["google_project_iam_member.agent"]["lifecycle"] == [{"prevent_destroy": True}]
    for address, body in resources(INFRA / "gcp").items():
        assert "serviceAgent" not in str(body), address


def test_functions_are_built_and_called_when_all_grants_hold(waits: Mapping[str, Mapping[str, set[str]]]) -> None:
    assert "time_sleep.grants" in waits["gcp"]["google_cloudfunctions2_function.this"]
    for address in waits["gcp"]:
        if address.startswith("google_pubsub_subscription.") and address != "google_pubsub_subscription.schedule_dead":
            assert "time_sleep.grants" in waits["gcp"][address], address


@pytest.mark.parametrize("inputs", ["least", "full"])
def test_a_burst_of_files_is_worked_off_before_any_attempt_is_the_last(inputs: str) -> None:
    """Cloud Run answers 429 while all instances are busy, and Pub/Sub counts that as an attempt.

    A message comes back after the minimum of its backoff, then after twice that and so on, up to the maximum:
    https://cloud.google.com/pubsub/docs/handling-failures#exponential_backoff. The worst is taken here: each attempt
    but the last is refused.
    """
    plan = planned("gcp", inputs)
    pushed = {
        address: body
        for address, body in plan.items()
        if address.startswith("google_pubsub_subscription.live") and "dead_letter_policy" in body
    }
    assert pushed
    instances = {
        body["service_config"][0]["max_instance_count"] for body in _of(plan, "google_cloudfunctions2_function")
    }
    for address, body in pushed.items():
        backoff = body["retry_policy"][0]  # type: ignore[index]
        least, most = (int(backoff[f"{end}_backoff"].removesuffix("s")) for end in ("minimum", "maximum"))
        attempts = body["dead_letter_policy"][0]["max_delivery_attempts"]  # type: ignore[index]
        waited = sum(min(least * 2**number, most) for number in range(attempts - 1))
        assert BURST * WORK_S / min(instances) <= waited, address


def _of(plan: Mapping[str, Mapping[str, object]], kind: str) -> list[Mapping[str, object]]:
    return [body for address, body in plan.items() if address.startswith(f"{kind}.")]


# What is written through a service's data plane, where a role must hold already; the rest is Azure Resource Manager's.
DATA_PLANE = ("azurerm_key_vault_secret.", "azurerm_storage_blob.", "azurerm_storage_account_static_website.")


def test_azures_data_is_written_when_the_deployers_roles_hold(waits: Mapping[str, Mapping[str, set[str]]]) -> None:
    written = [address for address in waits["azure"] if address.startswith(DATA_PLANE)]
    assert len(written) == 5, written
    for address in written:
        assert "terraform_data.deployer" in waits["azure"][address], address


def test_an_azure_app_is_published_keyless_and_reads_its_secrets_after_that(
    waits: Mapping[str, Mapping[str, set[str]]],
) -> None:
    before = waits["azure"]["terraform_data.package"]
    assert {"terraform_data.settings", "time_sleep.apps", "azurerm_role_assignment.app"} <= before
    assert {
        "terraform_data.package",
        "azurerm_key_vault_secret.signing_key",
        "azurerm_role_assignment.secrets",
    } <= waits["azure"]["terraform_data.secrets"]


def test_each_change_of_an_azure_app_takes_its_connection_strings_away_again() -> None:
    """The provider writes them with each change; a step that is not repeated would leave the app without its storage."""
    found = resources(INFRA / "azure")
    for step in ("settings", "secrets"):
        [lifecycle] = found[f"terraform_data.{step}"]["lifecycle"]
        [changed] = lifecycle["replace_triggered_by"]
        assert "azurerm_function_app_flex_consumption.this[each.key]" in changed, step


def test_azure_has_no_alarm_on_a_metric_of_an_app() -> None:
    """Flex Consumption has none of HTTP answers, and Azure refuses an alarm on a metric that is not there.

    https://learn.microsoft.com/azure/azure-monitor/reference/supported-metrics/microsoft-web-sites-metrics
    """
    found = resources(INFRA / "azure")
    assert not [address for address in found if address.startswith("azurerm_monitor_metric_alert.")]


def test_s3_is_told_of_its_queue_when_the_queues_policy_holds(waits: Mapping[str, Mapping[str, set[str]]]) -> None:
    before = waits["aws"]["aws_s3_bucket_notification.state"]
    assert {"time_sleep.objects", "aws_sqs_queue_policy.objects"} <= before


@pytest.mark.parametrize("root", ROOTS)
def test_the_example_of_settings_spends_nothing_and_mails_nobody(root: str) -> None:
    assert set(read(INFRA / "examples" / f"{root}.tfvars")) == {"account_id", "region", "forecast_sites"}


def test_googles_example_is_where_a_new_project_may_build() -> None:
    """https://cloud.google.com/build/docs/locations#restricted_regions_for_some_projects"""
    assert read(INFRA / "examples" / "gcp.tfvars")["region"] == "europe-west1"


@pytest.mark.parametrize("path", sorted(INFRA.glob("*/*.tf")), ids=lambda path: str(Path(path).relative_to(INFRA)))
def test_an_image_is_named_by_its_digest(path: Path) -> None:
    for image in re.findall(r'^\s*image\s*=\s*"([^"]+)"', path.read_text(), re.MULTILINE):
        assert re.fullmatch(r"[a-z0-9./-]+@sha256:[0-9a-f]{64}", image), image


def test_a_log_bucket_has_an_id_that_no_deleted_one_has() -> None:
    """https://cloud.google.com/logging/docs/buckets#delete_a_bucket: the id of a deleted one is taken for seven days."""
    bucket = resources(INFRA / "gcp")["google_logging_project_bucket_config.this"]
    assert "terraform_data.log_bucket.id" in bucket["bucket_id"]
