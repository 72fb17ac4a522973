"""Signed URLs that have expired, what is missing in the settings, and log lines on their way to the host."""

from __future__ import annotations

import json
import logging
import os
import time
from datetime import timedelta

import pytest

from adapters.azure import bootstrap, signer
from core.kernel import logs
from core.kernel.clock import system_clock
from core.kernel.config import Config, ConfigError
from tests import asking
from tests.contract.providers.azure import AzureHarness


def test_an_expired_url_is_refused(harness: AzureHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signer, "LIFETIME", timedelta(seconds=1))
    signed = signer.BlobSigner(harness.store, os.environ, system_clock).upload("incoming/Expired/a.csv", 1)
    time.sleep(2.1)
    assert asking.request("PUT", signed.url, headers=dict(signed.headers), content=b"x").status_code == 403


def test_a_missing_account_name_is_named(harness: AzureHarness) -> None:
    environment = {**os.environ, "AZURE_STORAGE_ACCOUNT_NAME": ""}
    with pytest.raises(ConfigError, match="AZURE_STORAGE_ACCOUNT_NAME: is not set"):
        signer.BlobSigner(harness.store, environment, system_clock).download("a", "a.csv")


def test_outside_of_the_emulator_the_url_names_the_account_s_own_host(harness: AzureHarness) -> None:
    environment = {**os.environ, "AZURE_STORAGE_ENDPOINT": "", "AZURE_STORAGE_ACCOUNT_NAME": "trefoilprod"}
    url = signer.BlobSigner(harness.store, environment, system_clock).download("rejects/A/a b.csv", "ä.csv").url
    assert url.startswith("https://trefoilprod.blob.core.windows.net/trefoil-state/prod/rejects/A/a%20b.csv?")


def test_a_line_goes_to_the_host_at_its_level_as_one_json_object(caplog: pytest.LogCaptureFixture) -> None:
    config = Config("memory:///", "https://issuer.example", "trefoil", "key", debug=("ingest",))
    logs.configure(config, sink=bootstrap._to_host)
    with caplog.at_level(logging.DEBUG), logs.context(function="ingest"):
        logs.warning(logs.logger("ingest"), "hello", key="k %s")
        logs.debug(logs.logger("ingest"), "detail")
        logs.debug(logs.logger("api"), "not asked for")
    assert [(record.levelname, json.loads(record.getMessage())["message"]) for record in caplog.records] == [
        ("WARNING", "hello"),
        ("DEBUG", "detail"),
    ]
    assert json.loads(caplog.records[0].getMessage())["key"] == "k %s"
