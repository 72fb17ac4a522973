"""The reviewed table of what is not the same everywhere. What is not in it must be.

`DIFFERENCES` holds other expectations, by the name that a case gives its question and by provider; `UNPROVABLE` the
cases that a provider's stand-ins can't show, by the beginning of a case's name. Each has its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Difference:
    expected: Any
    reason: str


_DECODED = "an HTTP API decodes the path before the function sees it, so %2F is a slash (a function URL keeps it)"
_PREFLIGHT = (
    "the emulator's gateway answers OPTIONS itself; AWS passes it to $default when the API has no CORS of its own"
)
_SITE = "static hosting is not the function's: a bucket and a CDN serve it"

DIFFERENCES: Mapping[tuple[str, str], Difference] = {
    ("an account with an encoded slash", "aws"): Difference(404, _DECODED),
    ("a body sent in chunks", "azure"): Difference(
        400, "the host hands over only bodies that came with a Content-Length (azure-functions-host #7930)"
    ),
    ("a second upload with one signed URL", "azure"): Difference(
        403, "a signature that only creates is no permission to overwrite; Azure judges it before If-None-Match"
    ),
    ("an upload of another size than announced is refused", "azure"): Difference(
        False, "a shared access signature can't limit the size"
    ),
    ("an upload of another type than signed is refused", "azure"): Difference(
        False, "a shared access signature can't fix the type; ingestion looks at the content, not at the type"
    ),
    ("hostile: a token of 9 KB", "gcp"): Difference(
        431, "gunicorn, in functions-framework, refuses a header of more than 8190 bytes before the function sees it"
    ),
    ("the type of an empty answer", "azure"): Difference(
        "text/plain; charset=utf-8", "azure-functions gives every answer a type, an empty one too"
    ),
    ("a message of more than 48 KiB is taken by the queue", "azure"): Difference(
        False, "a storage queue takes at most 64 KiB, which base64 makes of 48"
    ),
    ("the path that a problem names", "aws"): Difference("/api/a/b/%C3%BC+%20", _DECODED),
}

_SUPERVISED = "what would start a function's process again is the platform's, and no part of the stand-in"
UNPROVABLE: Mapping[str, Mapping[str, str]] = {
    "local": {
        "test_a_function_that_dies_in_a_step_is_called_again": (
            "the function is part of the server, which is killed in tests/adapters/test_local_workflows.py"
        ),
        "test_a_key_that_no_client_can_address_ends_in_a_report": "a folder can't hold such a name",
        "test_a_message_that_is_no_event_becomes_a_dead_letter_too": "the local store itself is the queue",
    },
    "aws": {
        "test_options_without_origin_lists_the_methods": _PREFLIGHT,
        "test_preflight_from_an_allowed_origin_is_granted": _PREFLIGHT,
        "test_another_origin_gets_no_permission[OPTIONS]": _PREFLIGHT,
        "test_the_answer_is_the_same_to_the_byte[OPTIONS": _PREFLIGHT,
        "test_the_site_": _SITE,
    },
    "gcp": {
        "test_a_function_that_dies_in_a_step_is_called_again": _SUPERVISED,
        "test_a_url_without_its_signature_is_refused": "the stand-in for Cloud Storage admits unsigned requests",
        "test_the_site_": _SITE,
    },
    "azure": {
        "test_a_function_that_dies_in_a_step_is_called_again": _SUPERVISED,
        "test_the_site_": _SITE,
    },
}
