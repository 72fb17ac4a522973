"""Doing one of the company's jobs, as the function `jobs` does when its queue delivers the message."""

from __future__ import annotations

from typing import Any

from core.kernel import delivery
from core.kernel.services import Services


def run(services: Services, message: bytes) -> Any:
    return delivery.message(services, services.functions.named("jobs"), message)
