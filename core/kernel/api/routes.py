"""The routes that come with every function set: what it is, who may log in, and who may do what."""

from __future__ import annotations

from core.kernel.api import models, system
from core.kernel.api.context import ADMINS, ANYONE, TOKEN, Answer, Route
from core.kernel.auth import grants, session
from core.kernel.errors import Code

ROUTES: tuple[Route, ...] = (
    Route("GET", "/api/health", system.health, "Is it up?", {200: Answer("It is", models.Health)}, ANYONE),
    Route(
        "GET",
        "/api/openapi.json",
        system.openapi,
        "This page",
        {200: Answer("OpenAPI 3.1", models.JsonObject)},
        ANYONE,
    ),
    Route(
        "GET",
        "/.well-known/jwks.json",
        system.jwks,
        "Public keys",
        {200: Answer("RFC 7517", models.JsonObject)},
        ANYONE,
    ),
    Route(
        "GET",
        "/.well-known/openid-configuration",
        system.openid_configuration,
        "Token issuer",
        {200: Answer("OpenID Connect Discovery", models.JsonObject)},
        ANYONE,
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
    Route(
        "GET",
        "/api/users/{user}/grants",
        grants.read,
        "A user's grants",
        {200: Answer("The grants", models.UserGrants)},
        ADMINS,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "PUT",
        "/api/users/{user}/grants/{action}/{resource}",
        grants.add,
        "Grant",
        {204: Answer("Granted")},
        ADMINS,
        errors=(Code.NOT_FOUND, Code.INVALID),
    ),
    Route(
        "DELETE",
        "/api/users/{user}/grants/{action}/{resource}",
        grants.remove,
        "Revoke",
        {204: Answer("Not granted any more")},
        ADMINS,
        errors=(Code.NOT_FOUND, Code.INVALID),
    ),
)
