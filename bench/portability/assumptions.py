"""What a cost takes for given, since no account was there to measure it in: each with where it is from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

MODEL = (
    "An invocation is billed for the CPU that its operation took on the machine that is named, divided by the share of a "
    "vCPU that its memory gives it, plus a store's latency for each request of the longest chain; rounded as the cloud "
    "rounds. Of files that were counted one after the other the mean is rounded, with its share of the table's upkeep. No "
    "two share an instance at a time, which would share what is billed too. Local runtimes, not cloud latency."
)
LEFT_OUT = (
    "cold starts",
    "transfer to the internet, of which `answered_gb` states what the API answers a customer, without downloads",
    "TLS to the store, and the runtime's and the host's own CPU",
    "the calls of queue and engine within an invocation, and its share of imports",
    "repeated deliveries and retries",
    "what a queue is polled for while it is empty, but on AWS, where it is a monthly line",
    "assignments that Workflows bills as steps of their own within one of the definition",
    "taxes, discounts, support; what is built and kept for deployments; secrets and keys",
)


@dataclass(frozen=True)
class Assumed:
    """A value, and what it is with its unit and its source."""

    value: float
    says: str


@dataclass(frozen=True)
class ByCloud:
    """The same for each provider."""

    value: Mapping[str, float]
    says: str


@dataclass(frozen=True)
class Held:
    """How much of each item, by provider."""

    value: Mapping[str, Mapping[str, float]]
    says: str


@dataclass(frozen=True)
class Assumptions:
    """All of them. Another is given as `Assumptions(request_ms=Assumed(40, "..."))`."""

    request_ms: Assumed = Assumed(20, "ms of a request to the store, the same on each cloud; not measured")
    lambda_mb_a_vcpu: Assumed = Assumed(
        1769, "MB that give a function one vCPU: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"
    )
    cloud_run_vcpu: Assumed = Assumed(1, "vCPU of each function, as available_cpu in infra/gcp/functions.tf says")
    flex_mb_a_vcpu: Assumed = Assumed(
        2048,
        "MB that give an instance one core: "
        "https://learn.microsoft.com/azure/azure-functions/flex-consumption-plan#instance-sizes",
    )
    flex_least_mb: Assumed = Assumed(2048, "MB of the smaller of the sizes that infra/azure/locals.tf takes")
    cores_used: Assumed = Assumed(1, "cores that an operation can use, however many there are")
    gateway_kib: Assumed = Assumed(
        512, "KiB of a request or its answer that HTTP APIs bill as one: https://aws.amazon.com/api-gateway/pricing/"
    )
    sqs_kib: Assumed = Assumed(
        64, "KiB of a message that SQS bills as one request: https://aws.amazon.com/sqs/pricing/"
    )
    sqs_calls: Assumed = Assumed(3, "requests a message: sent, received, deleted; each delivered by itself")
    pubsub_least: Assumed = Assumed(
        1000, "bytes that Pub/Sub bills a request at least: https://cloud.google.com/pubsub/pricing"
    )
    pubsub_calls: Assumed = Assumed(2, "publish and push, each with the whole message")
    storage_queue_calls: Assumed = Assumed(3, "operations a message: put, got, deleted")
    message_bytes: Assumed = Assumed(100, "of a job; an export's has 73")
    event_bytes: Assumed = Assumed(2000, "of the message about an object, with its attributes; not measured")
    orchestrator_turns: Assumed = Assumed(
        1,
        "billed executions a turn of an orchestrator; the documentation says so of the Consumption plan alone, and "
        "nothing of Flex Consumption: https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-billing",
    )
    log_bytes: ByCloud = ByCloud(
        {"aws": 800, "gcp": 1600, "azure": 2500},
        "of an invocation: our line, and what the platform writes beside it; not measured",
    )
    traced: Assumed = Assumed(
        0.05,
        "of a million invocations on AWS, each taken for a trace of its own; all of a customer's year, which hardly ever "
        "has two in a second: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html",
    )
    points: Assumed = Assumed(25, "of the account that is exported and settled, a whole month without gaps")
    storage_months: Assumed = Assumed(6, "GB-months in a year of each GB that comes evenly through it")
    monthly: Held = Held(
        {
            "aws": {"alarm": 29, "queue polled": 4 * 648_000},
            "gcp": {"scheduler job": 4, "alarm": 12, "load balancer, only with a domain": 730},
            "azure": {"front door": 1, "alarm": 11},
        },
        "of the monthly items, in a deployment by infra/; of four queues each is polled by five connections of 20 s: "
        "https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html",
    )
