"""AWS: Lambda behind an HTTP API, S3 events through SQS, its dead-letter queue, EventBridge Scheduler."""
