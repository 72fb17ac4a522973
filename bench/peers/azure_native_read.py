import json

import azure.functions as func
import jwt
from azure_reading import grants_of
from verifying import user_of

app = func.FunctionApp()


@app.route(route="api/me", auth_level=func.AuthLevel.ANONYMOUS)
def api(req: func.HttpRequest) -> func.HttpResponse:
    try:
        user = user_of(req.headers.get("authorization", ""))
    except jwt.InvalidTokenError:
        return func.HttpResponse(status_code=401, headers={"WWW-Authenticate": "Bearer"})
    body = json.dumps({"user": user, "grants": grants_of(user)}, separators=(",", ":"))
    return func.HttpResponse(body, mimetype="application/json")
