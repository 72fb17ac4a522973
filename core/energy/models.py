"""The JSON bodies of the API. Validation, serving and the OpenAPI page all read these types."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from core.energy.forecasts.documents import Hourly
from core.kernel.identifiers import FILE_NAME, POINT, PRODUCT, exactly

Moment = Annotated[str, Meta(description="RFC 3339, UTC", examples=["2026-01-31T00:30:00Z"])]


class Health(Struct):
    status: Literal["ok"]
    provider: str
    version: str


class HelloQuery(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=100)] = "world"


class Hello(Struct):
    message: str


class Credentials(Struct, forbid_unknown_fields=True):
    user: Annotated[str, Meta(min_length=1, max_length=256)]
    password: Annotated[str, Meta(min_length=1, max_length=1024)]


class Token(Struct):
    access_token: str
    token_type: Literal["Bearer"]
    expires_in: Annotated[int, Meta(description="Seconds")]


class GrantEntry(Struct):
    action: str
    resource: str


class Me(Struct):
    user: str
    grants: list[GrantEntry]


class Product(Struct):
    id: str
    name: str
    description: str
    currency: str
    unit_rate: Annotated[str, Meta(description="Per kWh, in major units, exact decimal text")]
    standing_charge: Annotated[str, Meta(description="Per day, in major units, exact decimal text")]


class Products(Struct):
    products: list[Product]


class Accounts(Struct):
    accounts: list[str]


class Point(Struct):
    point: str
    first: Moment
    last: Moment
    rows: Annotated[int, Meta(description="Readings of all versions")]


class Points(Struct):
    points: list[Point]


class ReadingsQuery(Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    point: Annotated[str, Meta(pattern=exactly(POINT.pattern), description="MPAN or NMI")]
    from_: Annotated[str, Meta(max_length=40, description="First start: ISO 8601 with zone, or a settlement day")] = ""
    to: Annotated[str, Meta(max_length=40, description="End, exclusive: as `from`")] = ""
    version: Annotated[str, Meta(pattern=exactly("latest|[1-9]|1[0-9]|2[0-4]"))] = "latest"
    resolution: Literal["30m", "day", "month"] = "30m"
    format: Literal["json", "csv", "arrow"] = "json"
    limit: Annotated[int, Meta(ge=1, le=50_000, description="Values a page")] = 50_000
    cursor: Annotated[str, Meta(max_length=200, description="`next` of the page before")] = ""


class Readings(Struct):
    point: str
    version: str | int
    start: Annotated[list[str], Meta(description="Half hours as RFC 3339; days and months as their first date")]
    kwh: Annotated[list[float], Meta(description="Exact decimals: read them as such to keep every digit")]
    next: str | None


class UploadRequest(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(pattern=exactly(FILE_NAME.pattern), examples=["2026-01.csv"])]
    bytes: Annotated[int, Meta(ge=0, le=5 * 1024**3)]


class Upload(Struct):
    url: str
    method: str
    headers: dict[str, str]
    key: str
    expires_at: Moment


class Download(Struct):
    url: str
    method: str
    headers: dict[str, str]
    expires_at: Moment


class Reject(Struct):
    line: int
    column: str | None
    value: str
    reason: str


class Ingestion(Struct):
    id: str
    key: str
    status: Literal["accepted", "refused"]
    reason: str | None
    format: Literal["long", "wide"] | None
    rows: int
    accepted: int
    rejected: int
    readings: int
    ignored_columns: list[str]
    first_rejects: list[Reject]
    rejects_key: str | None
    table_version: int | None
    bytes: int
    sha256: str | None
    created: Moment
    duration_ms: int


class Ingestions(Struct):
    ingestions: list[Ingestion]
    next: str | None


class ExportRequest(Struct, forbid_unknown_fields=True, rename={"from_": "from"}):
    format: Literal["csv", "parquet"] = "csv"
    from_: Annotated[str, Meta(max_length=40, description="First start: ISO 8601 with zone, or a settlement day")] = ""
    to: Annotated[str, Meta(max_length=40, description="End, exclusive: as `from`")] = ""


class Export(Struct, rename={"from_": "from"}):
    id: str
    account: str
    status: Literal["queued", "done", "failed"]
    format: Literal["csv", "parquet"]
    from_: Moment | None
    to: Moment | None
    requested: Moment
    finished: Moment | None
    rows: int | None
    bytes: int | None
    error: str | None
    download: Download | None


class Deletion(Struct):
    account: str
    status: Literal["deleting"]


class Forecast(Struct):
    site: str
    latitude: float
    longitude: float
    date: Annotated[str, Meta(description="The day (UTC) whose 02:00 run fetched it")]
    fetched_at: Moment
    hourly: Hourly
    hourly_units: dict[str, str]


class PageQuery(Struct, forbid_unknown_fields=True):
    limit: Annotated[int, Meta(ge=1, le=500)] = 100
    cursor: Annotated[str, Meta(max_length=200)] = ""


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
    price: Annotated[str, Meta(description="kWh times the product's unit rate when traded, exact")]
    currency: str
    user: str
    at: Moment


class Trades(Struct):
    trades: list[Trade]
    next: str | None


class Settings(Struct, forbid_unknown_fields=True):
    display_name: Annotated[str, Meta(max_length=100)] = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    currency: Literal["GBP", "EUR", "AUD", "USD"] = "GBP"
    alert_kwh_per_day: Annotated[float, Meta(ge=0, le=1e9)] | None = None


class UserGrants(Struct):
    user: str
    grants: list[GrantEntry]


class FieldError(Struct):
    field: str
    detail: str


class Problem(Struct):
    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError] = []


JsonObject = dict[str, Any]
