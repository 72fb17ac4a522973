"""The signing key in a mounted secret, log fields, and signed URLs that have expired."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.gcp import bootstrap, signer
from core.kernel.clock import system_clock
from core.kernel.config import ConfigError
from tests import asking
from tests.contract.providers.gcp import GcpHarness


def test_a_mounted_secret_is_read_anew_each_time(tmp_path: Path) -> None:
    secret = tmp_path / "signing key.pem"
    for text in ("first", "second"):
        secret.write_text(text)
        assert bootstrap._read_key(secret.as_uri()) == text
    assert bootstrap._read_key("-----BEGIN") == "-----BEGIN"


def test_a_secret_that_is_not_mounted_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"TREFOIL_SIGNING_KEY: .*missing\.pem can't be read: No such file"):
        bootstrap._read_key((tmp_path / "missing.pem").as_uri())


def test_log_lines_have_the_fields_that_cloud_logging_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "my-project")
    line = bootstrap._cloud_logging({"level": "ERROR", "message": "m", "trace": "105445aa"})
    assert line == {
        "severity": "ERROR",
        "message": "m",
        "logging.googleapis.com/trace": "projects/my-project/traces/105445aa",
    }


def test_an_expired_url_is_refused(harness: GcpHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signer, "LIFETIME", timedelta(seconds=1))
    signed = signer.GcsSigner(harness.store, system_clock).upload("incoming/Expired/a.csv", 1)
    time.sleep(2.1)
    assert asking.request("PUT", signed.url, headers=dict(signed.headers), content=b"x").status_code == 400


def test_an_identity_without_a_key_signs_by_the_iam_api_with_a_fresh_token(harness: GcpHarness) -> None:
    """Cloud Run's identity has no private key; what is asked of the library is checked, the IAM API is not here."""

    class Keyless:
        valid = False
        service_account_email = "run@local.iam.gserviceaccount.com"
        token = ""

        def refresh(self, _: Any) -> None:
            self.token, self.valid = "fresh", True

    made = signer.GcsSigner(harness.store, system_clock)
    made.__dict__["_credentials"] = Keyless()
    for _ in range(2):
        assert made._signing() == {
            "service_account_email": "run@local.iam.gserviceaccount.com",
            "access_token": "fresh",
        }
