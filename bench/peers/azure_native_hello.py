import json

import azure.functions as func

app = func.FunctionApp()


@app.route(route="api/hello", auth_level=func.AuthLevel.ANONYMOUS)
def api(req: func.HttpRequest) -> func.HttpResponse:
    body = json.dumps({"message": f"Hello {req.params.get('name', 'world')}"}, separators=(",", ":"))
    return func.HttpResponse(body, mimetype="application/json")
