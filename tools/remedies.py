"""What to do about a failure of terraform's, from what the clouds are known to say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LOGIN = {
    "aws": "aws sso login (or aws configure)",
    "gcp": "gcloud auth application-default login",
    "azure": "az login",
}
_GOES_ON = "run this again: it goes on where it stopped"


@dataclass(frozen=True)
class Known:
    """What a cloud says, as a pattern, and what to do then."""

    said: str
    remedy: str


# Before the general ones: these speak of tokens and access too, and mean something else.
KNOWN: Mapping[str, Sequence[Known]] = {
    "aws": (
        Known(
            r"must be verified before you can add new CloudFront",
            "AWS has not verified this account for CloudFront yet: open a case under Account and billing at "
            f"https://console.aws.amazon.com/support with that message; when it is answered, {_GOES_ON}",
        ),
        Known(
            r"InvalidClientTokenId",
            "the login is not valid, or the account has not switched this region on (aws account list-regions "
            f"--region us-east-1): {LOGIN['aws']}, or the region, then run this again",
        ),
        Known(
            r"less than or equal to 3008",
            "this account gives functions 3,008 MB at most yet: set function_memory_mb = 2048, then run this again",
        ),
        Known(r"Unable to validate the following destination", f"the queue's policy did not hold yet: {_GOES_ON}"),
    ),
    "gcp": (
        Known(
            r"cannot run builds in this region|no concurrent builds quota",
            "Google Cloud lets this project build in some regions only, europe-west1 among them "
            "(https://cloud.google.com/build/docs/locations): take another region, or ask Google",
        ),
        Known(
            r"do not belong to a permitted customer|allowedPolicyMember",
            "an organization's policy refuses allUsers: have this project excepted, or set public_invoker = false",
        ),
        Known(r"has not been used in project|SERVICE_DISABLED", f"a service was not on yet: wait a minute, {_GOES_ON}"),
        Known(r"Service account .* does not exist", f"one of Google's own accounts was not there yet: {_GOES_ON}"),
    ),
    "azure": (
        Known(
            r"Free Trial and Student",
            "Azure refuses Front Door to free trials and students: upgrade the subscription to pay-as-you-go, "
            "https://aka.ms/azure-upgrade",
        ),
        Known(
            r"Only one system topic is allowed",
            "the existing storage account has an Event Grid system topic, and may have one only: remove that, or take "
            "another account",
        ),
        Known(
            r"has quota of 0 instances",
            "Azure gives this subscription no Flex Consumption in this region yet: take another region, or ask for it",
        ),
        Known(
            r"InaccessibleStorage|AuthorizationPermissionMismatch|ForbiddenByRbac",
            f"a role did not hold yet, which takes up to ten minutes: {_GOES_ON}",
        ),
    ),
}
_NO_LOGIN = re.compile(
    r"No valid credential sources|ExpiredToken|token (included in the request )?(is|has) expired"
    r"|could not find default credentials|invalid_grant|oauth2: .*expired"
    r"|az login|AADSTS|unable to build authorizer|Please run 'az",
    re.IGNORECASE,
)
_NO_PERMISSION = re.compile(
    r"AccessDenied|not authorized to perform|UnauthorizedOperation"
    r"|IAM_PERMISSION_DENIED|Permission '.*' denied|googleapi: Error 403"
    r"|AuthorizationFailed|does not have authorization",
    re.IGNORECASE,
)


def remedy(provider: str, said: str) -> str:
    """One line: what to do, from all that terraform said."""
    said = " ".join(said.split())  # terraform breaks lines where it likes
    for known in KNOWN[provider]:
        if re.search(known.said, said):
            return f"-> {known.remedy}"
    if _NO_LOGIN.search(said):
        return f"-> nobody is logged in, or the login has expired: {LOGIN[provider]}, then run this again"
    if _NO_PERMISSION.search(said):
        return (
            f"-> a permission is missing; docs/deploy-{provider}.md lists those needed. Then run this again: it goes on"
        )
    return f"-> once that is mended, {_GOES_ON}"
