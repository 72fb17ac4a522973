from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

app = APIGatewayHttpResolver()


@app.get("/api/hello")
def hello():
    return {"message": f"Hello {app.current_event.get_query_string_value('name', 'world')}"}


def handler(event, context):
    return app.resolve(event, context)
