"""Settlements: a document for each version of a month, and the files that it names.

settlements/{account}/{month}/{version}.json       what is owed; it is never changed
settlements/{account}/{month}/{run}.csv            its lines
settlements/{account}/{month}/{run}-days.json      what they are sums of, day by day
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

import obstore

from core.kernel.clock import rfc3339
from core.kernel.documents import AlreadyExists, Documents
from core.kernel.services import Services
from core.kernel.store import failures
from core.kernel.workflow.steps import Run, StepFailed

PREFIX = "settlements"
COLUMNS = (
    "account",
    "month",
    "version",
    "point",
    "product",
    "channel",
    "band",
    "quantity",
    "unit",
    "estimated",
    "rate",
    "amount",
    "currency",
)
MOST_CHANGES = 500
"""Lines that a settlement names as changed; how many there are it says in any case."""


def path(account: str, month: str, version: int) -> str:
    return f"{PREFIX}/{account}/{month}/{version:06}.json"


def get(documents: Documents, account: str, month: str, version: int) -> dict[str, Any] | None:
    held = documents.get(path(account, month, version))
    return None if held is None else dict(held.value)


def latest(documents: Documents, account: str, month: str) -> dict[str, Any] | None:
    """The last version of a month, or None."""
    return _last(documents, f"{PREFIX}/{account}/{month}")


def _last(documents: Documents, prefix: str) -> dict[str, Any] | None:
    found = [one for one in documents.list(prefix) if not one.endswith("-days.json")]
    held = documents.get(found[-1]) if found else None
    return None if held is None else dict(held.value)


def newest(documents: Documents, account: str) -> dict[str, Any] | None:
    """The last version of the latest month, or None."""
    return _last(documents, f"{PREFIX}/{account}")


def newest_first(documents: Documents, account: str, *, most: int) -> list[dict[str, Any]]:
    """Settlements of an account, at most so many: the latest month first and its latest version before the others."""
    paths = [one for one in documents.list(f"{PREFIX}/{account}") if not one.endswith("-days.json")]
    read = documents.get_many(paths[::-1][:most])
    return [dict(one.value) for one in read if one is not None]


def content(prices: Mapping[str, Any]) -> str:
    """What tells two settlements apart: all that they say of energy, money and points."""
    said = {name: value for name, value in prices.items() if name != "rounding"}
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def changes(former: Mapping[str, Any], prices: Mapping[str, Any]) -> dict[str, Any]:
    """What a settlement says otherwise than the one before: its total, and each line that came, went or changed.

    In another currency there is no difference; where other points are left out, those that were.
    """

    def keyed(lines: Sequence[Mapping[str, Any]]) -> dict[tuple[str, ...], Mapping[str, Any]]:
        return {(one["point"], one["product"], one["channel"], one["band"]): one for one in lines}

    before, after = keyed(former["lines"]), keyed(prices["lines"])
    found = [
        {
            **dict(zip(("point", "product", "channel", "band"), key, strict=True)),
            "before": _said(before.get(key)),
            "after": _said(after.get(key)),
        }
        for key in sorted(before.keys() | after.keys())
        if _said(before.get(key)) != _said(after.get(key))
    ]
    same = former["currency"] == prices["currency"]
    difference = Decimal(prices["total"]) - Decimal(former["total"])
    return {
        "version": former["version"],
        "total": former["total"],
        "currency": former["currency"],
        "difference": f"{difference:f}" if same else None,
        "left_out": former["left_out"] if former["left_out"] != prices["left_out"] else None,
        "count": len(found),
        "lines": found[:MOST_CHANGES],
    }


def _said(line: Mapping[str, Any] | None) -> dict[str, str] | None:
    return None if line is None else {name: line[name] for name in ("quantity", "estimated", "rate", "amount")}


def write_csv(
    services: Services, run: Run, plan: Mapping[str, Any], prices: Mapping[str, Any], version: int
) -> dict[str, Any]:
    text = io.StringIO()
    rows = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")  # RFC 4180
    rows.writeheader()
    common = {"account": plan["account"], "month": plan["month"], "version": version, "currency": prices["currency"]}
    rows.writerows({**common, **line} for line in prices["lines"])
    return _write(services, f"{_folder(plan)}/{run.id}.csv", text.getvalue().encode())


def write_days(
    services: Services, run: Run, plan: Mapping[str, Any], totals: Sequence[Mapping[str, Any]], version: int
) -> dict[str, Any]:
    said = {"account": plan["account"], "month": plan["month"], "version": version, "points": list(totals)}
    return _write(services, f"{_folder(plan)}/{run.id}-days.json", json.dumps(said).encode())


def publish(
    services: Services,
    run: Run,
    plan: Mapping[str, Any],
    prices: Mapping[str, Any],
    compared: Mapping[str, Any],
    files: Mapping[str, str],
) -> dict[str, Any]:
    """Create the document of a version; again, it finds its own. Raises `StepFailed("conflict")` for another's."""
    account, month, version = plan["account"], plan["month"], compared["version"]
    settlement = {
        "account": account,
        "month": month,
        "version": version,
        "run": run.id,
        "settled": rfc3339(services.clock()),
        "as_of": plan["as_of"],
        "readings_version": plan["readings_version"],
        **prices,
        "content": content(prices),
        "changes": compared["changes"],
        "files": dict(files),
    }
    try:
        services.documents.create(path(account, month, version), settlement)
    except AlreadyExists:
        held = get(services.documents, account, month, version)
        if held is None or held["run"] != run.id:
            raise StepFailed(
                "conflict", f"another run published version {version} of {month} meanwhile; settle it again"
            ) from None
    return {"version": version}


def _folder(plan: Mapping[str, Any]) -> str:
    return f"{PREFIX}/{plan['account']}/{plan['month']}"


def _write(services: Services, key: str, file: bytes) -> dict[str, Any]:
    with failures(key):
        obstore.put(services.store.client, key, file)
    return {"key": key, "bytes": len(file)}
