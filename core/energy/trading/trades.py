"""Trades: placed once per idempotency key, listed in the order in which they were placed."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from core.energy.accounts import settings
from core.energy.accounts.path import account_of, made
from core.energy.actions import READ, TRADE, on_account
from core.energy.identifiers import PRODUCT
from core.energy.trading import products
from core.kernel.api import cursor
from core.kernel.api.context import Answer, Call, Route, required_header
from core.kernel.api.models import Moment, PageQuery
from core.kernel.clock import rfc3339, sortable
from core.kernel.documents import AlreadyExists
from core.kernel.errors import Code, TrefoilError, invalid, not_found
from core.kernel.http import Response, json_response
from core.kernel.identifiers import exactly

MAX_KEY = 255


class TradeRequest(Struct, forbid_unknown_fields=True):
    product: Annotated[str, Meta(pattern=exactly(PRODUCT.pattern))]
    kwh: Annotated[
        str, Meta(pattern=exactly(r"[0-9]{1,9}(\.[0-9]{1,3})?"), description="Energy as decimal text, above 0")
    ]
    side: Literal["buy", "sell"] = "buy"


class Trade(Struct):
    id: str
    account: str
    product: str
    side: Literal["buy", "sell"]
    kwh: str
    rate: Annotated[str, Meta(description="The product's unit rate when traded, per kWh, exact")]
    price: Annotated[str, Meta(description="kWh times `rate`, exact")]
    currency: str
    user: str
    at: Moment


class Trades(Struct):
    trades: list[Trade]
    next: str | None


def create(call: Call) -> Response:
    """Place a trade. The document's path is made of the key, so that of several equal requests one trade results.

    The key is claimed for one trade first, and that is listed then, which places it: after a crash between the two, the
    same request places the same trade, and without it there is none.
    """
    wanted: TradeRequest = call.body
    remedy = "any text that is new for each trade, such as a UUID; the same text again gives the same trade"
    key = required_header(call.request, "Idempotency-Key", Code.MALFORMED, remedy)
    if len(key) > MAX_KEY:
        raise invalid("Idempotency-Key", f"is longer than {MAX_KEY} characters")
    account = account_of(call)
    identity = sha256(json.dumps([account, call.user, key]).encode()).hexdigest()[:32]
    claim = _claim(call, account, identity, wanted)
    if claim["asked"] != msgspec.to_builtins(wanted):
        raise invalid("Idempotency-Key", "was used for another trade; use a new one")
    trade = _whole(claim["trade"])
    stamp = sortable(datetime.fromisoformat(trade["at"]))
    call.services.documents.put(f"{_placed(account)}/{stamp}-{identity}.json", trade)
    return json_response(trade, 201)


def _claim(call: Call, account: str, identity: str, wanted: TradeRequest) -> dict[str, Any]:
    """What the key was given for, this time or before: also where the same could not be asked for any more."""
    documents, path = call.services.documents, f"trades/{account}/keys/{identity}.json"
    try:
        claim = {"asked": msgspec.to_builtins(wanted), "trade": _trade(call, account, identity, wanted)}
        made(call)
        documents.create(path, claim)
        return claim
    except (AlreadyExists, TrefoilError) as error:
        before = documents.get(path)
        if before is not None:
            return dict(before.value)
        if isinstance(error, TrefoilError):
            raise
        raise not_found(f"account {account!r}") from None


def every(call: Call) -> Response:
    query: PageQuery = call.query
    account = account_of(call)
    identity = ("trades", account)
    after = cursor.read_name(identity, query.cursor) if query.cursor else ""
    page = call.services.documents.page(_placed(account), after=after, limit=query.limit)
    following = page.following and cursor.make(identity, page.following)
    return json_response({"trades": [_whole(trade) for _, trade in page.found], "next": following})


def _placed(account: str) -> str:
    """The folder of an account's trades, in which their names begin with the time at which they were placed."""
    return f"trades/{account}/placed"


def _whole(trade: dict[str, str]) -> dict[str, str]:
    """With the rate of one that was placed when none was noted: the price is exact, so there is one that it was by."""
    return trade if "rate" in trade else {**trade, "rate": format(Decimal(trade["price"]) / Decimal(trade["kwh"]), "f")}


def _trade(call: Call, account: str, identity: str, wanted: TradeRequest) -> dict[str, str]:
    """What is asked for, priced as of now. Raises `TrefoilError(INVALID)` for what is not on sale to this account."""
    documents = call.services.documents
    sold, said = documents.get_many([products.path(wanted.product), settings.path(account)])
    if sold is None:
        raise invalid("product", f"{wanted.product!r} is not on sale; see /api/products")
    product, own = sold.value, settings.whole(said)
    kwh = Decimal(wanted.kwh)
    if not kwh:
        raise invalid("kwh", "must be above 0")
    currency, limit = own["currency"], own["trade_limit"]
    if product["currency"] != currency:
        raise invalid(
            "product",
            f"{wanted.product} is in {product['currency']}, and the trades of {account} are in {currency}; "
            f"trade a product in {currency}, or change the currency in the settings",
        )
    price = kwh * Decimal(product["unit_rate"])
    if limit is not None and price > Decimal(limit):
        does = "cost" if wanted.side == "buy" else "bring"
        raise invalid(
            "kwh",
            f"{wanted.kwh} kWh at {product['unit_rate']} would {does} {price:f} {currency}, and one trade of {account} "
            f"may come to {limit} {currency}; trade less, or have trade_limit changed in the settings",
        )
    return {
        "id": identity,
        "account": account,
        "product": wanted.product,
        "side": wanted.side,
        "kwh": wanted.kwh,
        "rate": product["unit_rate"],
        "price": f"{price:f}",
        "currency": currency,
        "user": call.user,
        "at": rfc3339(call.services.clock()),
    }


ROUTES = (
    Route(
        "GET",
        "/api/accounts/{account}/trades",
        every,
        "Trades",
        {200: Answer("A page of trades", Trades)},
        on_account(READ),
        query=PageQuery,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "POST",
        "/api/accounts/{account}/trades",
        create,
        "Place a trade",
        {201: Answer("The trade", Trade)},
        on_account(TRADE),
        body=TradeRequest,
        headers={"Idempotency-Key": "New text for each trade; the same again gives the same trade"},
        errors=(Code.NOT_FOUND,),
    ),
)
