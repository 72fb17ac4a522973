import json

import functions_framework
import jwt
from gcp_reading import grants_of
from verifying import user_of


@functions_framework.http
def api(request):
    try:
        user = user_of(request.headers.get("authorization", ""))
    except jwt.InvalidTokenError:
        return "", 401, {"WWW-Authenticate": "Bearer"}
    body = json.dumps({"user": user, "grants": grants_of(user)}, separators=(",", ":"))
    return body, 200, {"Content-Type": "application/json"}
