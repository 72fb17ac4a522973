from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_logging import logged

app = APIGatewayHttpResolver()


@app.get("/api/hello")
def hello():
    return {"message": f"Hello {app.current_event.get_query_string_value('name', 'world')}"}


handler = logged(app)
