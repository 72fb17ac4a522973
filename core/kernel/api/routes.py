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
        "This API as a document for programs",
        {200: Answer("OpenAPI 3.1", models.JsonObject)},
        ANYONE,
    ),
    Route(
        "GET",
        "/api/docs",
        system.docs,
        "This API as a page for people",
        {200: Answer("The page", media_types=("text/html",))},
        ANYONE,
    ),
    Route(
        "GET",
        "/api/docs/{version}/{file}",
        system.docs_file,
        "What the page is drawn with",
        {200: Answer("A script or a style sheet", media_types=("text/javascript", "text/css"))},
        ANYONE,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "GET",
        "/.well-known/jwks.json",
        system.jwks,
        "The public keys that verify tokens",
        {200: Answer("A key set (RFC 7517)", models.JsonObject)},
        ANYONE,
    ),
    Route(
        "GET",
        "/.well-known/openid-configuration",
        system.openid_configuration,
        "Who issues the tokens",
        {200: Answer("OpenID Connect Discovery, as far as it is of use without its login", models.JsonObject)},
        ANYONE,
    ),
    Route(
        "POST",
        "/api/login",
        session.login,
        "Log in: a token for a password",
        {200: Answer("A token, to be sent as `Authorization: Bearer TOKEN` for an hour", models.Token)},
        ANYONE,
        body=models.Credentials,
        errors=(Code.UNAUTHENTICATED, Code.TOO_MANY_REQUESTS),
    ),
    Route("GET", "/api/me", session.me, "Who am I?", {200: Answer("User, and what was granted", models.Me)}, TOKEN),
    Route(
        "GET",
        "/api/users/{user}/grants",
        grants.read,
        "What a user may do",
        {200: Answer("The grants", models.UserGrants)},
        ADMINS,
        errors=(Code.NOT_FOUND,),
    ),
    Route(
        "PUT",
        "/api/users/{user}/grants/{action}/{resource}",
        grants.add,
        "Allow a user an action on a resource",
        {204: Answer("Granted")},
        ADMINS,
        errors=(Code.NOT_FOUND, Code.INVALID),
    ),
    Route(
        "DELETE",
        "/api/users/{user}/grants/{action}/{resource}",
        grants.remove,
        "Take back what a user was allowed",
        {204: Answer("Not granted any more")},
        ADMINS,
        errors=(Code.NOT_FOUND, Code.INVALID),
    ),
)
