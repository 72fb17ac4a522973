# An HTTP API in front of the http function. CORS is the function's own, so that it is the same on every cloud: an API with a CORS
# configuration would answer preflights itself.

resource "aws_apigatewayv2_api" "this" {
  name          = local.name
  description   = module.functions.http.description
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "api" {
  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = aws_lambda_alias.live[module.functions.http.name].invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = 30000
}

resource "aws_apigatewayv2_authorizer" "this" {
  count = module.functions.authorizer == null ? 0 : 1

  api_id                            = aws_apigatewayv2_api.this.id
  name                              = "trefoil"
  authorizer_type                   = "REQUEST"
  authorizer_uri                    = aws_lambda_alias.live[module.functions.authorizer.name].invoke_arn
  authorizer_payload_format_version = "2.0"
  enable_simple_responses           = true
  # No identity source and no cache: requests without a token reach the authorizer too, and it lets them pass.
  authorizer_result_ttl_in_seconds = 0

  lifecycle {
    create_before_destroy = true # one that a route still names can't be deleted: the route changes first
  }
}

resource "aws_apigatewayv2_route" "default" {
  api_id             = aws_apigatewayv2_api.this.id
  route_key          = "$default"
  target             = "integrations/${aws_apigatewayv2_integration.api.id}"
  authorization_type = module.functions.authorizer == null ? "NONE" : "CUSTOM"
  authorizer_id      = one(aws_apigatewayv2_authorizer.this[*].id)
}

# A route of its own, so that it has a limit of its own: a password's hash is made to be slow, and anybody may ask for one.
resource "aws_apigatewayv2_route" "login" {
  # checkov:skip=CKV_AWS_309: who logs in has no token yet
  api_id             = aws_apigatewayv2_api.this.id
  route_key          = "POST /api/login"
  target             = "integrations/${aws_apigatewayv2_integration.api.id}"
  authorization_type = "NONE"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    detailed_metrics_enabled = true
    # Lambda has no limit of instances that a small account could set; an instance answers some 20 requests a second.
    throttling_burst_limit = 20 * var.max_instances
    throttling_rate_limit  = 20 * var.max_instances
  }

  # A login takes about a second of what a function of 512 MB has of a processor.
  route_settings {
    route_key                = aws_apigatewayv2_route.login.route_key
    detailed_metrics_enabled = true
    throttling_burst_limit   = 2 * var.max_instances
    throttling_rate_limit    = var.max_instances
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.gateway.arn
    format = jsonencode({
      requestId = "$context.requestId", method = "$context.httpMethod", path = "$context.path", status = "$context.status",
      ip        = "$context.identity.sourceIp", latency = "$context.responseLatency", error = "$context.integrationErrorMessage"
    })
  }
}

resource "aws_lambda_permission" "gateway" {
  for_each = { for name, one in local.functions : name => one if one.app == "api" }

  statement_id  = "gateway"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this[each.key].function_name
  qualifier     = aws_lambda_alias.live[each.key].name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*" # wildcard: every stage, route and authorizer of this API
}
