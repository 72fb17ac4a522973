"""Settings of the settlement: whether all accounts are settled each month by themselves, and how many at once."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from core.kernel.config import ConfigError, Variable

AT_ONCE, MOST_AT_ONCE = 10, 100
VARIABLES = (
    Variable("TREFOIL_SETTLE_MONTHLY", "`on`: all accounts are settled each month by themselves", "`off`"),
    Variable("TREFOIL_SETTLE_ESTIMATE", "`on`: such a settlement estimates what is missing", "`off`"),
    Variable("TREFOIL_SETTLE_AT_ONCE", f"accounts that are settled at a time, 1 to {MOST_AT_ONCE}", f"`{AT_ONCE}`"),
)


class Settling(Struct, frozen=True):
    """TREFOIL_SETTLE_MONTHLY, TREFOIL_SETTLE_ESTIMATE (of what is missing), TREFOIL_SETTLE_AT_ONCE (accounts)."""

    monthly: bool
    estimate: bool
    at_once: int


def read(environment: Mapping[str, str]) -> Settling:
    """Read and validate. Raises `ConfigError` for the first variable that is malformed."""
    return Settling(
        _switch(environment, "TREFOIL_SETTLE_MONTHLY"),
        _switch(environment, "TREFOIL_SETTLE_ESTIMATE"),
        _at_once(environment.get("TREFOIL_SETTLE_AT_ONCE", "").strip() or str(AT_ONCE)),
    )


def _switch(environment: Mapping[str, str], variable: str) -> bool:
    value = environment.get(variable, "").strip().lower() or "off"
    if value not in ("on", "off"):
        raise ConfigError(variable, f"{value!r} is neither on nor off")
    return value == "on"


def _at_once(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= MOST_AT_ONCE:
        raise ConfigError("TREFOIL_SETTLE_AT_ONCE", f"{value!r} is no number from 1 to {MOST_AT_ONCE}")
    return int(value)
