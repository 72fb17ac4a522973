"""Mails by Simple Email Service, in the region of the function."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.aws.calls import Answered, post
from adapters.aws.signer import region
from core.kernel.config import ConfigError
from core.kernel.errors import unavailable
from core.kernel.mail.rules import VARIABLE, Refused, without


class Ses:
    """Sends as an address that the account has verified. See `core.kernel.services.Notifier` for the contract.

    A mail is asked for once a call: unlike a queue's message, one that comes twice is seen. What SES refuses for good
    is any 4xx but 429, so also a recipient that is not verified, while the account is in the sandbox.
    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
    """

    def __init__(self, value: str, sender: str, environment: Mapping[str, str]) -> None:
        if value != "ses":
            raise ConfigError(VARIABLE, "is not just ses; the region is the function's, the sender TREFOIL_MAIL_FROM")
        self._sender = sender
        self._environment = environment

    def send(self, to: str, subject: str, text: str) -> None:
        where = self._environment.get("AWS_ENDPOINT_URL") or f"https://email.{region(self._environment)}.amazonaws.com"
        said = {"Subject": _utf8(subject), "Body": {"Text": _utf8(text)}}
        mail = {
            "FromEmailAddress": self._sender,
            "Destination": {"ToAddresses": [to]},
            "Content": {"Simple": said},
        }
        url = f"{where.rstrip('/')}/v2/email/outbound-emails"
        try:
            post(url, self._environment, "ses", mail, {"Content-Type": "application/json"})
        except Answered as error:
            if 400 <= error.status < 500 and error.status != 429:
                raise Refused(without(to, str(error))) from None
            raise unavailable("SES did not take the mail") from OSError(without(to, str(error)))
        except OSError as error:
            raise unavailable("SES did not take the mail") from error


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
