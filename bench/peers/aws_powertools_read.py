import jwt
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import UnauthorizedError
from aws_logging import logged
from aws_reading import grants_of
from verifying import user_of

app = APIGatewayHttpResolver()


@app.get("/api/me")
def me():
    try:
        user = user_of(app.current_event.headers.get("authorization", ""))
    except jwt.InvalidTokenError:
        raise UnauthorizedError("a valid bearer token is required") from None
    return {"user": user, "grants": grants_of(user)}


handler = logged(app)
