"""AWS: Lambda behind an HTTP API or function URL, S3 events through SQS, dead letters from SQS, EventBridge Scheduler."""
