import json
import os

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import ContainerClient

container = ContainerClient.from_connection_string(os.environ["AzureWebJobsStorage"], os.environ["BUCKET"])


def grants_of(user):
    try:
        content = container.download_blob(f"grants/{user}.json").readall()
    except ResourceNotFoundError:
        return []
    return [{"action": action, "resource": resource} for action, resource in json.loads(content)["grants"]]
