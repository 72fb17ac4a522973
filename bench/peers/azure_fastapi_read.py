from typing import Annotated

import azure.functions as func
import jwt
from azure_reading import grants_of
from fastapi import Depends, FastAPI, Header, HTTPException
from verifying import user_of

web = FastAPI()


def caller(authorization: Annotated[str, Header()] = "") -> str:
    try:
        return user_of(authorization)
    except jwt.InvalidTokenError:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"}) from None


@web.get("/api/me")
def me(user: Annotated[str, Depends(caller)]) -> dict:
    return {"user": user, "grants": grants_of(user)}


app = func.AsgiFunctionApp(app=web, http_auth_level=func.AuthLevel.ANONYMOUS)
