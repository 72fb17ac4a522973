import json

import jwt
from aws_reading import grants_of
from verifying import user_of


def handler(event, context):
    try:
        user = user_of(event["headers"].get("authorization", ""))
    except jwt.InvalidTokenError:
        return {"statusCode": 401, "headers": {"WWW-Authenticate": "Bearer"}}
    body = json.dumps({"user": user, "grants": grants_of(user)}, separators=(",", ":"))
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}
