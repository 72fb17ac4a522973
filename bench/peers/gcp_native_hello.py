import json

import functions_framework


@functions_framework.http
def api(request):
    body = json.dumps({"message": f"Hello {request.args.get('name', 'world')}"}, separators=(",", ":"))
    return body, 200, {"Content-Type": "application/json"}
