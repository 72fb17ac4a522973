from time import perf_counter

from aws_lambda_powertools import Logger

from bench.peers import aws_powertools

logger = Logger(service="api")


def handler(event, context):
    """What Trefoil's line says of a request, by Powertools' own logger."""
    begun = perf_counter()
    reply = aws_powertools.handler(event, context)
    logger.info(
        "request",
        function="api",
        requestId=context.aws_request_id,
        request_id=context.aws_request_id,
        method=event["requestContext"]["http"]["method"],
        path=event["rawPath"],
        status=reply["statusCode"],
        duration_ms=round((perf_counter() - begun) * 1000, 2),
    )
    return reply
