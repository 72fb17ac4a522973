import json
import os

from google.cloud import storage
from google.cloud.exceptions import NotFound

bucket = storage.Client().bucket(os.environ["BUCKET"])


def grants_of(user):
    try:
        content = bucket.blob(f"grants/{user}.json").download_as_bytes()
    except NotFound:
        return []
    return [{"action": action, "resource": resource} for action, resource in json.loads(content)["grants"]]
