"""Every operation of the REST API, declared once: routing, validation, access and OpenAPI derive from this list."""

from __future__ import annotations

from core.energy import models
from core.energy.accounts import api as accounts
from core.energy.accounts import settings
from core.energy.exports import api as exports
from core.energy.forecasts import api as forecasts
from core.energy.ingest import api as ingestions
from core.energy.ingest import uploads
from core.energy.readings import api as readings
from core.energy.trading import products_api as products
from core.energy.trading import trades
from core.kernel.api import system
from core.kernel.api.context import ANYONE, TOKEN, Answer, Route, grant_for
from core.kernel.auth import grants, session
from core.kernel.auth.access import Action
from core.kernel.errors import Code

READ = grant_for(Action.READ)
ADMIN = grant_for(Action.ADMIN)

_TABULAR = Answer("A page of readings", models.Readings, ("application/json", "text/csv", readings.ARROW))
_IDEMPOTENCY_KEY = {"Idempotency-Key": "New text for each trade; the same again gives the same trade"}
_IF_MATCH = {"If-Match": "The ETag of the settings that were read"}

ROUTES: tuple[Route, ...] = (
    Route("GET", "/api/health", system.health, "Is it up?", {200: Answer("It is", models.Health)}),
    Route(
        "GET",
        "/api/hello",
        system.hello,
        "Say hello",
        {200: Answer("A greeting", models.Hello)},
        query=models.HelloQuery,
    ),
    Route("GET", "/api/openapi.json", system.openapi, "This page", {200: Answer("OpenAPI 3.1", models.JsonObject)}),
    Route("GET", "/.well-known/jwks.json", system.jwks, "Public keys", {200: Answer("RFC 7517", models.JsonObject)}),
    Route(
        "GET",
        "/.well-known/openid-configuration",
        system.openid_configuration,
        "Token issuer",
        {200: Answer("OpenID Connect Discovery", models.JsonObject)},
    ),
    Route(
        "POST",
        "/api/login",
        session.login,
        "Password to access token",
        {200: Answer("A token for one hour", models.Token)},
        ANYONE,
        body=models.Credentials,
        errors=(Code.UNAUTHENTICATED, Code.TOO_MANY_REQUESTS),
    ),
    Route("GET", "/api/me", session.me, "Who am I?", {200: Answer("User and grants", models.Me)}, TOKEN),
    Route("GET", "/api/products", products.every, "Tariffs", {200: Answer("All of them", models.Products)}),
    Route(
        "GET",
        "/api/products/{product}",
        products.one,
        "One tariff",
        {200: Answer("The tariff", models.Product)},
        errors=(Code.NOT_FOUND,),
    ),
    Route("GET", "/api/accounts", accounts.readable, "My accounts", {200: Answer("Ids", models.Accounts)}, TOKEN),
    Route(
        "GET",
        "/api/accounts/{account}/points",
        accounts.points,
        "Metering points",
        {200: Answer("Points with first and last start", models.Points)},
        READ,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "GET",
        "/api/accounts/{account}/readings",
        readings.readings,
        "Readings of one point",
        {200: _TABULAR},
        READ,
        query=models.ReadingsQuery,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "POST",
        "/api/accounts/{account}/uploads",
        uploads.create,
        "Ask for a direct upload",
        {200: Answer("Send the file so", models.Upload)},
        grant_for(Action.UPLOAD),
        body=models.UploadRequest,
        errors=(Code.CONFLICT,),
    ),
    Route(
        "GET",
        "/api/accounts/{account}/ingestions",
        ingestions.every,
        "Ingestion reports, newest first",
        {200: Answer("A page of reports", models.Ingestions)},
        READ,
        query=models.PageQuery,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "GET",
        "/api/accounts/{account}/ingestions/{ingestion}",
        ingestions.one,
        "One ingestion report",
        {200: Answer("The report", models.Ingestion)},
        READ,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "GET",
        "/api/accounts/{account}/ingestions/{ingestion}/rejects",
        ingestions.rejects,
        "All rejected rows",
        {200: Answer("Fetch them so: gzip CSV", models.Download)},
        READ,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "GET",
        "/api/accounts/{account}/trades",
        trades.every,
        "Trades",
        {200: Answer("A page of trades", models.Trades)},
        READ,
        query=models.PageQuery,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "POST",
        "/api/accounts/{account}/trades",
        trades.create,
        "Place a trade",
        {201: Answer("The trade", models.Trade)},
        grant_for(Action.TRADE),
        body=models.TradeRequest,
        headers=_IDEMPOTENCY_KEY,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "GET",
        "/api/accounts/{account}/settings",
        settings.read,
        "Settings",
        {200: Answer("Settings, with their ETag", models.Settings)},
        READ,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "PUT",
        "/api/accounts/{account}/settings",
        settings.write,
        "Change settings",
        {200: Answer("The settings as stored, with their new ETag", models.Settings)},
        grant_for(Action.CHANGE_SETTINGS),
        body=models.Settings,
        headers=_IF_MATCH,
        errors=(Code.NOT_FOUND, Code.STALE, Code.PRECONDITION_REQUIRED),
    ),
    Route(
        "DELETE",
        "/api/accounts/{account}",
        accounts.delete,
        "Delete the account",
        {202: Answer("A job removes it with all that it has", models.Deletion)},
        grant_for(Action.DELETE),
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "POST",
        "/api/accounts/{account}/exports",
        exports.create,
        "Export readings",
        {202: Answer("A job writes the file", models.Export)},
        grant_for(Action.EXPORT),
        body=models.ExportRequest,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "GET",
        "/api/accounts/{account}/exports/{export}",
        exports.one,
        "One export, with its download once it is done",
        {200: Answer("The export", models.Export)},
        grant_for(Action.EXPORT),
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "GET",
        "/api/forecasts/{site}",
        forecasts.newest,
        "Weather forecast",
        {200: Answer("The newest one", models.Forecast)},
        TOKEN,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "GET",
        "/api/users/{user}/grants",
        grants.read,
        "A user's grants",
        {200: Answer("The grants", models.UserGrants)},
        ADMIN,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "PUT",
        "/api/users/{user}/grants/{action}/{resource}",
        grants.add,
        "Grant",
        {204: Answer("Granted")},
        ADMIN,
        errors=(Code.NOT_FOUND, Code.INVALID),
    ),
    Route(
        "DELETE",
        "/api/users/{user}/grants/{action}/{resource}",
        grants.remove,
        "Revoke",
        {204: Answer("Not granted any more")},
        ADMIN,
        errors=(Code.NOT_FOUND, Code.INVALID),
    ),
)
