import json


def handler(event, context):
    name = (event.get("queryStringParameters") or {}).get("name", "world")
    body = json.dumps({"message": f"Hello {name}"}, separators=(",", ":"))
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}
