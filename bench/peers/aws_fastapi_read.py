from typing import Annotated

import jwt
from aws_reading import grants_of
from fastapi import Depends, FastAPI, Header, HTTPException
from mangum import Mangum
from verifying import user_of

app = FastAPI()


def caller(authorization: Annotated[str, Header()] = "") -> str:
    try:
        return user_of(authorization)
    except jwt.InvalidTokenError:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"}) from None


@app.get("/api/me")
def me(user: Annotated[str, Depends(caller)]) -> dict:
    return {"user": user, "grants": grants_of(user)}


handler = Mangum(app, lifespan="off")
