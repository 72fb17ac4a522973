"""The signing key in Parameter Store, and signed URLs that have expired."""

from __future__ import annotations

import os
import time
from datetime import timedelta

import pytest

from adapters.aws import calls, signer
from core.kernel.clock import system_clock
from core.kernel.config import ConfigError
from tests import asking
from tests.contract.providers.aws import PARAMETER, AwsHarness
from tests.contract.system import Harness


def test_pem_text_is_the_key_itself() -> None:
    assert calls.read_key("-----BEGIN PRIVATE KEY-----", {}) == "-----BEGIN PRIVATE KEY-----"


def test_a_parameter_is_read_decrypted(harness: AwsHarness) -> None:
    assert calls.read_key(f"ssm:{PARAMETER}", os.environ) == harness.signing_key


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "ParameterNotFound"),
        ({"AWS_ACCESS_KEY_ID": "AKIASTRANGER"}, "parameter /no/such can't be read"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "Connection refused"),
        ({"AWS_REGION": ""}, "AWS_REGION: is not set"),
        ({"AWS_ACCESS_KEY_ID": ""}, "AWS_ACCESS_KEY_ID: is not set"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_named_and_no_secret_is_told(
    harness: Harness, change: dict[str, str], reason: str
) -> None:
    environment = {**os.environ, **change}
    if "AWS_REGION" in change:
        environment["AWS_DEFAULT_REGION"] = ""
    with pytest.raises(ConfigError, match=reason) as caught:
        calls.read_key("ssm:/no/such", environment)
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in str(caught.value).split()


def test_an_expired_url_is_refused(harness: AwsHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signer, "LIFETIME", timedelta(seconds=1))
    signed = signer.S3Signer(harness.store, os.environ, system_clock).upload("incoming/Expired/a.csv", 1)
    time.sleep(2.1)
    assert asking.request("PUT", signed.url, headers=dict(signed.headers), content=b"x").status_code == 403


def test_outside_of_an_emulator_the_url_names_the_bucket_s_own_host(harness: AwsHarness) -> None:
    environment = {**os.environ, "AWS_ENDPOINT_URL": "", "AWS_REGION": "eu-west-2", "AWS_SESSION_TOKEN": "session"}
    url = signer.S3Signer(harness.store, environment, system_clock).download("rejects/A/a b.csv", "ä.csv").url
    assert url.startswith("https://trefoil-state.s3.eu-west-2.amazonaws.com/prod/rejects/A/a%20b.csv?")
    assert "X-Amz-Security-Token=session" in url
