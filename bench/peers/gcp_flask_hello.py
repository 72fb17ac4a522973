import functions_framework
from flask import Flask, request

app = Flask(__name__)


@app.get("/api/hello")
def hello():
    return {"message": f"Hello {request.args.get('name', 'world')}"}


@functions_framework.http
def api(incoming):
    with app.request_context(incoming.environ):
        return app.full_dispatch_request()
