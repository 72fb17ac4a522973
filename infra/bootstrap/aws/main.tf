# Where Terraform keeps its state, and whom GitHub's workflows deploy as, without a key. Applied once, by hand, with a
# local state; see docs/deploy-aws.md.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = { app = var.name_prefix }
  }
}

locals {
  bucket  = "${var.name_prefix}-terraform-${var.account_id}"
  github  = "token.actions.githubusercontent.com"
  subject = var.repository == null ? null : coalesce(var.github_subject, "repo:${var.repository}:environment:${var.github_environment}")
}

resource "aws_s3_bucket" "state" {
  bucket = local.bucket
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket                  = aws_s3_bucket.state.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    id     = "former-states"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = 90
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.state]
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = "*" # nobody, whoever it is
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::${local.bucket}", "arn:aws:s3:::${local.bucket}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.state]
}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.repository == null || var.existing_github_provider != null ? 0 : 1

  url            = "https://${local.github}"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "deployer" {
  count = var.repository == null ? 0 : 1

  name = "${var.name_prefix}-deployer"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = coalesce(var.existing_github_provider, one(aws_iam_openid_connect_provider.github[*].arn)) }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = { StringEquals = {
        "${local.github}:aud" = "sts.amazonaws.com"
        "${local.github}:sub" = local.subject
      } }
    }]
  })
}

# Everything but identities, of which only the deployment's own may be made. Those it may give any right, and so itself:
# whoever may run workflows in that environment is an administrator.
resource "aws_iam_role_policy_attachment" "deployer" {
  count = var.repository == null ? 0 : 1

  role       = aws_iam_role.deployer[0].name
  policy_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
}

resource "aws_iam_role_policy" "deployer" {
  count = var.repository == null ? 0 : 1

  name = "roles-of-the-deployment"
  role = aws_iam_role.deployer[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect = "Allow"
      Action = [
        "iam:CreateRole", "iam:DeleteRole", "iam:GetRole", "iam:PassRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateRole",
        "iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:GetRolePolicy", "iam:ListRolePolicies",
        "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
      ]
      Resource = [for part in ["api", "worker", "scheduler"] : "arn:aws:iam::${var.account_id}:role/${var.name_prefix}-*-${part}"]
    }]
  })
}

output "backend" {
  description = "What `terraform init -backend-config` needs in infra/aws; another deployment has another key."
  value       = { bucket = aws_s3_bucket.state.id, key = "prod.tfstate", region = var.region, use_lockfile = "true" }
}

output "deployer" {
  description = "The role for aws-actions/configure-aws-credentials."
  value       = one(aws_iam_role.deployer[*].arn)
}
