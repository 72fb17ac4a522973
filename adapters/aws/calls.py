"""Signed calls of AWS's JSON APIs without the weight of a whole SDK client: 100 ms of botocore instead of 230.

The signing key comes from Systems Manager's Parameter Store, and messages go to SQS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from adapters.aws.signer import credentials, region
from adapters.aws.sqs import PARENT
from core.kernel.config import ConfigError
from core.kernel.errors import unavailable

SCHEME = "ssm:"
TIMEOUT = 3.0
"""Seconds for one call; the keyring keeps the former keys when a later call fails."""
_QUEUES = re.compile(r"(https?://[^/?#]+)/[0-9]+/[A-Za-z0-9_-]{0,40}")


def read_key(reference: str, environment: Mapping[str, str]) -> str:
    """PEM text as it is, or the SecureString parameter that `ssm:/name` refers to.

    Raises `ConfigError` naming TREFOIL_SIGNING_KEY when the parameter can't be read.
    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
    """
    if not reference.startswith(SCHEME):
        return reference
    name = reference.removeprefix(SCHEME)
    where = environment.get("AWS_ENDPOINT_URL") or f"https://ssm.{region(environment)}.amazonaws.com"
    asked = {"Name": name, "WithDecryption": True}
    try:
        return str(call(where, environment, "ssm", "AmazonSSM.GetParameter", "1.1", asked)["Parameter"]["Value"])
    except OSError as error:
        raise ConfigError("TREFOIL_SIGNING_KEY", f"parameter {name} can't be read: {error}") from None


class SqsQueues:
    """Sends to the queues whose URLs begin so: with `https://sqs.REGION.amazonaws.com/ACCOUNT/PREFIX-`.

    See `core.kernel.services.Queues` for the contract.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    """

    def __init__(self, url: str, environment: Mapping[str, str]) -> None:
        endpoint = _QUEUES.fullmatch(url)
        if endpoint is None:
            raise ConfigError("TREFOIL_QUEUES", f"{url!r} is not the beginning of the URL of an SQS queue")
        self._url, self._endpoint = url, endpoint[1]
        self._environment = environment

    def send(self, queue: str, message: bytes, parent: str = "") -> None:
        asked: dict[str, Any] = {"QueueUrl": self._url + queue, "MessageBody": message.decode()}
        if parent:
            asked["MessageAttributes"] = {PARENT: {"DataType": "String", "StringValue": parent}}
        try:
            with suppress(OSError):
                call(self._endpoint, self._environment, "sqs", "AmazonSQS.SendMessage", "1.0", asked)
                return
            # Once more: a connection that was lost is no reason to bother a user; what is sent twice does no harm.
            call(self._endpoint, self._environment, "sqs", "AmazonSQS.SendMessage", "1.0", asked)
        except OSError as error:
            raise unavailable(f"the queue {queue} did not take the message") from error


class Answered(OSError):
    """A service said no: `status`, and in the message what it said."""

    def __init__(self, service: str, status: int, said: str) -> None:
        super().__init__(f"{service} answered {status}: {said}")
        self.status = status


def call(
    endpoint: str, environment: Mapping[str, str], service: str, target: str, version: str, body: Mapping[str, Any]
) -> Any:
    """The answer's JSON. Raises `Answered`, or another `OSError` saying what came in between."""
    headers = {"Content-Type": f"application/x-amz-json-{version}", "X-Amz-Target": target}
    return post(endpoint.rstrip("/") + "/", environment, service, body, headers)


def post(
    url: str, environment: Mapping[str, str], service: str, body: Mapping[str, Any], headers: Mapping[str, str]
) -> Any:
    """As `call`, of an API whose operations have paths of their own."""
    from http.client import HTTPException  # with the next ones 130 ms, paid only by what calls
    from urllib.error import HTTPError, URLError
    from urllib.request import Request, urlopen

    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest

    signed = AWSRequest("POST", url, data=json.dumps(body), headers=dict(headers))
    SigV4Auth(credentials(environment), service, region(environment)).add_auth(signed)
    request = Request(signed.url, signed.data.encode(), dict(signed.headers), method="POST")  # noqa: S310
    try:
        with urlopen(request, timeout=TIMEOUT) as reply:  # noqa: S310  the scheme is fixed above
            return json.load(reply)
    except HTTPError as error:
        raise Answered(service, error.code, error.read(300).decode(errors="replace")) from None
    except URLError as error:
        raise OSError(str(error.reason)) from None
    except (HTTPException, ValueError) as error:
        raise OSError(f"{service} gave no whole answer: {error!r}") from None
