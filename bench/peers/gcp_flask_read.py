import functions_framework
import jwt
from flask import Flask, request
from gcp_reading import grants_of
from verifying import user_of

app = Flask(__name__)


@app.errorhandler(jwt.InvalidTokenError)
def refused(_):
    return "", 401, {"WWW-Authenticate": "Bearer"}


@app.get("/api/me")
def me():
    user = user_of(request.headers.get("authorization", ""))
    return {"user": user, "grants": grants_of(user)}


@functions_framework.http
def api(incoming):
    with app.request_context(incoming.environ):
        return app.full_dispatch_request()
