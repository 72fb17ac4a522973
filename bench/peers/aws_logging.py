from time import perf_counter

from aws_lambda_powertools import Logger

logger = Logger(service="api")


def logged(app):
    """A handler that says of a request what Trefoil's line says, by Powertools' own logger."""

    def handler(event, context):
        begun = perf_counter()
        reply = app.resolve(event, context)
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

    return handler
