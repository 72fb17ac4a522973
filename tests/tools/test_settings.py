"""Reading a file of Terraform's variables as far as a look at it needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.settings import read

HCL = """# account_id = "commented out"
/* account_id = "999"
   region = "x" */
account_id="123456789012" // ours
region = "eu-west-2"
public_invoker = false
max_instances  = 10
tags = {
  account_id = "not this one"
}
forecast_sites = { london = { latitude = 51.5, longitude = -0.1 } }
cors_allowed_origins = ["https://a#b.example"]
signing_key = <<-END
  account_id = "in a text"
  END
function_settings = {}
alarm_email = "a \\"quoted\\" one"
"""


def test_what_is_at_the_top_level_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.tfvars").write_text(HCL)
    assert read(tmp_path / "a.tfvars") == {
        "account_id": "123456789012",
        "region": "eu-west-2",
        "public_invoker": "false",
        "max_instances": "10",
        "tags": "",
        "forecast_sites": "",
        "cors_allowed_origins": "",
        "signing_key": "",
        "function_settings": "",
        "alarm_email": 'a \\"quoted\\" one',
    }


def test_json_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "a.tfvars.json").write_text(
        '{"account_id": "1", "public_invoker": false, "max_instances": 4, "tags": {"a": "b"}}'
    )
    assert read(tmp_path / "a.tfvars.json") == {
        "account_id": "1",
        "public_invoker": "false",
        "max_instances": "4",
        "tags": "",
    }


@pytest.mark.parametrize("written", ["", "{", "[1]"])
def test_what_is_no_json_gives_nothing(tmp_path: Path, written: str) -> None:
    (tmp_path / "a.json").write_text(written)
    assert read(tmp_path / "a.json") == {}


def test_a_file_that_is_not_there_gives_nothing(tmp_path: Path) -> None:
    assert read(tmp_path / "no.tfvars") == {}
