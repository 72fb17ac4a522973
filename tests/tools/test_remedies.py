"""What is said to do about a failure, for what the clouds are known to say."""

from __future__ import annotations

import textwrap

import pytest

from tools.remedies import KNOWN, LOGIN, remedy

# What the providers say, from their issue trackers and, for AWS, from the provider itself.
SAID = {
    "login": {
        "aws": "Error: No valid credential sources found",
        "gcp": "Error: google: could not find default credentials. See https://cloud.google.com/docs/authentication",
        "azure": "Error: unable to build authorizer for Resource Manager API: could not configure AzureCli Authorizer: "
        "please ensure you have installed Azure CLI and run az login",
    },
    "expired": {
        "aws": "api error ExpiredToken: The security token included in the request is expired",
        "gcp": 'oauth2: "invalid_grant" "reauth related error (invalid_rapt)"',
        "azure": "AADSTS70043: The refresh token has expired or is invalid",
    },
    "permission": {
        "aws": "api error AccessDenied: User: arn:aws:iam::1:user/x is not authorized to perform: lambda:CreateFunction",
        "gcp": "googleapi: Error 403: Permission 'cloudfunctions.functions.create' denied on resource",
        "azure": "AuthorizationFailed: The client does not have authorization to perform action 'Microsoft.Web/sites/write'",
    },
    "other": {"aws": "Error: Invalid value for variable"},
}
REMEDY = {"login": "login", "expired": "login", "permission": "permission", "other": "run this again"}

# With the issue on GitHub where it was said.
KNOWN_TO_SAY = [
    # hashicorp/terraform-provider-aws 36663
    (
        "aws",
        "https response error StatusCode: 403, AccessDenied: Your account must be verified before you can add new CloudFront",
        "open a case",
    ),
    # hashicorp/terraform-provider-aws 28909
    ("aws", "api error InvalidClientTokenId: The security token included in the request is invalid", "list-regions"),
    # remotion-dev/remotion 2737
    (
        "aws",
        "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 3008",
        "function_memory_mb = 2048",
    ),
    # pulumi/pulumi-aws 1895
    ("aws", "Unable to validate the following destination configurations", "did not hold yet"),
    # google-github-actions/deploy-cloudrun 480
    (
        "gcp",
        "FAILED_PRECONDITION: due to quota restrictions, cannot run builds in this region. Please contact support",
        "europe-west1",
    ),
    # GoogleCloudPlatform/genai-for-marketing 139
    (
        "gcp",
        "400 One or more users named in the policy do not belong to a permitted customer",
        "public_invoker = false",
    ),
    # hashicorp/terraform-provider-google 8214
    ("gcp", "Error 403: Cloud Functions API has not been used in project 1 before or it is disabled", "wait a minute"),
    (
        "gcp",
        "Error 400: Service account service-1@gcp-sa-pubsub.iam.gserviceaccount.com does not exist",
        "was not there yet",
    ),
    # MicrosoftLearning/AZ-204 848
    ("azure", "Free Trial and Student account is forbidden for Azure Frontdoor resources.", "pay-as-you-go"),
    # Azure/azure-dev 8026
    ("azure", "InaccessibleStorageException: Failed to access storage account for deployment: 403", "ten minutes"),
    ("azure", "Only one system topic is allowed per source.", "have one only"),
    ("azure", "This region has quota of 0 instances for your subscription.", "another region"),
]


@pytest.mark.parametrize(("kind", "provider"), [(kind, provider) for kind, said in SAID.items() for provider in said])
def test_a_failure_comes_with_what_to_do(kind: str, provider: str) -> None:
    assert REMEDY[kind] in remedy(provider, SAID[kind][provider])
    assert ("login" in remedy(provider, SAID[kind][provider])) == (REMEDY[kind] == "login")


@pytest.mark.parametrize(("provider", "said", "hint"), KNOWN_TO_SAY)
def test_what_a_new_account_is_known_to_say_has_its_own_remedy(provider: str, said: str, hint: str) -> None:
    assert hint in remedy(provider, f"terraform apply failed:\n╷\n│ Error: creating it: {said}\n╵")
    wrapped = "\n│ ".join(textwrap.wrap(said, 40)).replace("│ ", "")  # as terraform writes to a pipe
    assert hint in remedy(provider, f"Error: creating it\n\n{wrapped}")


def test_each_known_remedy_is_tried_above() -> None:
    for provider, every in KNOWN.items():
        tried = {remedy(provider, said) for cloud, said, _ in KNOWN_TO_SAY if cloud == provider}
        assert tried == {f"-> {known.remedy}" for known in every}
        assert LOGIN[provider]
