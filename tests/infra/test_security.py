"""checkov finds nothing that `infra/checkov.yaml` does not leave out with a reason; and what it does not look for."""

from __future__ import annotations

import json
import os
import subprocess
from inspect import signature
from pathlib import Path

import pytest
import yaml

from core.kernel.auth.turns import Turns
from tests.infra.roots import resources
from tools.infra import INFRA, ROOTS

PLANS = Path(__file__).with_name("plans")


@pytest.mark.parametrize("root", [*ROOTS, "bootstrap"])
def test_checkov_finds_nothing(root: str) -> None:
    command = [os.environ["CHECKOV"], "-d", str(INFRA / root), "--config-file", str(INFRA / "checkov.yaml")]
    done = subprocess.run([*command, "-o", "json"], capture_output=True, text=True, check=False)
    summary = json.loads(done.stdout)
    assert summary["results"]["failed_checks"] == [], [
        (one["check_id"], one["resource"], one["check_name"]) for one in summary["results"]["failed_checks"]
    ]
    assert summary["summary"]["passed"] > 0
    assert summary["summary"]["parsing_errors"] == 0


def test_no_app_of_azure_may_write_the_package_that_another_runs() -> None:
    """Each has a container in an account on which no app has a right; the state's account holds no package."""
    found = resources(INFRA / "azure")
    container = found["azurerm_storage_container.packages"]
    assert container["for_each"] == "${local.apps}"
    assert container["storage_account_id"] == '${azurerm_storage_account.this["packages"].id}'
    assert "azurerm_storage_container.packages[each.key].name" in str(
        found["azurerm_function_app_flex_consumption.this"]["storage_container_endpoint"]
    )
    scopes = {
        address.partition(".")[2]: body["scope"]
        for address, body in found.items()
        if address.startswith("azurerm_role_assignment.") and "azurerm_function_app" in body["principal_id"]
    }
    assert scopes["packages"] == "${azurerm_storage_container.packages[each.key].id}"
    assert scopes["app"] == "${local.account.id}"
    assert set(scopes) == {"app", "packages", "secrets", "metrics", "mail"}
    assert found["azurerm_storage_container.this"]["for_each"] == "${toset([local.container])}"


def test_only_the_worker_may_send_mails() -> None:
    """Who reads requests of the internet can't: it has neither the right nor, on Google Cloud, the password."""
    workers = 'this["worker"]'
    scope = resources(INFRA / "azure")["azurerm_role_assignment.mail"]
    assert scope["scope"] == "${azurerm_communication_service.mail[0].id}"
    assert scope["principal_id"] == f"${{azurerm_function_app_flex_consumption.{workers}.identity[0].principal_id}}"
    found = resources(INFRA / "gcp")
    member = found["google_secret_manager_secret_iam_member.mail"]
    assert member["secret_id"] == "${google_secret_manager_secret.mail[0].id}"
    assert member["member"] == '${google_service_account.app["worker"].member}'
    assert found["google_secret_manager_secret_version.mail"]["secret_data_wo"] == "not set"  # what it is, is no code
    policies = {
        name: str(yaml.safe_load((PLANS / "aws-full.yaml").read_text())[f'aws_iam_role_policy.app["{name}"]'])
        for name in ("api", "worker")
    }
    assert "ses:" not in policies["api"]
    assert policies["worker"].count("ses:SendEmail") == 1


@pytest.mark.parametrize("inputs", ["least", "full"])
def test_logins_are_limited_on_their_own(inputs: str) -> None:
    """By the gateway where there is one; else an instance serves more requests than may log in there."""
    plans = {root: yaml.safe_load((PLANS / f"{root}-{inputs}.yaml").read_text()) for root in ROOTS}
    stage = plans["aws"]["aws_apigatewayv2_stage.default"]
    (login,) = stage["route_settings"]
    assert login["route_key"] == plans["aws"]["aws_apigatewayv2_route.login"]["route_key"] == "POST /api/login"
    assert login["throttling_rate_limit"] * 10 <= stage["default_route_settings"][0]["throttling_rate_limit"]
    places = signature(Turns).parameters["places"].default
    (service,) = plans["gcp"]['google_cloudfunctions2_function.this["api"]']["service_config"]
    assert service["max_instance_request_concurrency"] > places
    assert plans["azure"]['azurerm_function_app_flex_consumption.this["api"]']["http_concurrency"] > places
