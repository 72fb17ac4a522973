# What the root of AWS needs to be applied to the emulator, beside AWS_ENDPOINT_URL: the runtime interface client as bootstrap
# (the emulator would run `python3.13` in a loop of its own). Copied beside the root's
# files, with the emulator's address in place of emulator.invalid. https://developer.hashicorp.com/terraform/language/files/override

terraform {
  backend "s3" {
    use_path_style              = true
    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_requesting_account_id  = true
  }
}

provider "aws" {
  region                      = "us-east-1"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

provider "aws" {
  alias                       = "us_east_1"
  region                      = "us-east-1"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}

resource "aws_lambda_function" "this" {
  runtime = "provided.al2023"

  environment {
    variables = merge(local.settings, { AWS_ENDPOINT_URL = "http://emulator.invalid", AWS_ALLOW_HTTP = "true" })
  }
}

# Five attempts in seconds, not in hours.
resource "aws_sqs_queue" "live" {
  visibility_timeout_seconds = 1
}

# Beyond a cold start on a slow machine: else a dead letter comes twice, and is there again after its replay.
resource "aws_sqs_queue" "dead" {
  visibility_timeout_seconds = 20
}

# The emulator speaks no TLS, and minds the policy that asks for it.
locals {
  only_tls = { for kind, name in local.buckets : kind => {
    Effect    = "Deny"
    Principal = "*"
    Action    = "s3:*"
    Resource  = ["arn:aws:s3:::${name}", "arn:aws:s3:::${name}/*"]
    Condition = { Bool = { "aws:SecureTransport" = "true" } }
  } }
}
