import json
import os

import boto3

BUCKET = os.environ["BUCKET"]
s3 = boto3.client("s3")


def grants_of(user):
    try:
        content = s3.get_object(Bucket=BUCKET, Key=f"grants/{user}.json")["Body"].read()
    except s3.exceptions.NoSuchKey:
        return []
    return [{"action": action, "resource": resource} for action, resource in json.loads(content)["grants"]]
