"""Mails as files: whole, the owner's, and readable by any mail program."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from adapters.local.mail import Folder
from core.kernel.config import ConfigError
from core.kernel.errors import Code, TrefoilError
from tests.conftest import StoppedClock


def test_each_mail_is_a_file_in_the_order_of_time(tmp_path: Path, clock: StoppedClock) -> None:
    folder = Folder((tmp_path / "mail").as_uri(), "alerts@example.com", clock)
    for text in ("first ü\n", "second\n"):
        folder.send("ada@example.com", "a", text)
        clock.advance(seconds=1)
    paths = sorted((tmp_path / "mail").iterdir())
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in paths]
    assert [mail.get_content() for mail in mails] == ["first ü\r\n", "second\r\n"]
    assert {(mail["From"], mail["To"]) for mail in mails} == {("alerts@example.com", "ada@example.com")}
    assert mails[0]["Date"] == "Wed, 01 Jul 2026 12:00:00 +0000"
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}
    assert {path.suffix for path in paths} == {".eml"}


def test_a_folder_that_is_gone_is_unavailable(tmp_path: Path, clock: StoppedClock) -> None:
    folder = Folder((tmp_path / "mail").as_uri(), "alerts@example.com", clock)
    (tmp_path / "mail").rmdir()
    with pytest.raises(TrefoilError, match="did not take the mail") as caught:
        folder.send("ada@example.com", "a", "b")
    assert caught.value.code is Code.UNAVAILABLE


@pytest.mark.parametrize("value", ["file://", "file:///", "file://host/path", "file:///a?b"])
def test_what_is_no_folder_is_named_at_the_start(value: str, clock: StoppedClock) -> None:
    with pytest.raises(ConfigError, match=r"TREFOIL_MAIL: .* must hold an absolute path"):
        Folder(value, "alerts@example.com", clock)


def test_a_folder_that_can_not_be_made_is_named_at_the_start(tmp_path: Path, clock: StoppedClock) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ConfigError, match=r"TREFOIL_MAIL: the folder .*taken/mail can't be made"):
        Folder(f"{tmp_path.as_uri()}/taken/mail", "alerts@example.com", clock)
