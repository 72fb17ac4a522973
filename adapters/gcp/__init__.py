"""Google Cloud: functions-framework on Cloud Run, Cloud Storage events, Pub/Sub push, Cloud Scheduler by Pub/Sub."""
