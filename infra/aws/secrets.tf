# Written through write-only arguments: no value is in the state.

resource "aws_ssm_parameter" "signing_key" {
  name             = "/${local.name}/signing-key"
  description      = "PEM bundle: the first key signs access tokens, all of them verify"
  type             = "SecureString"
  tier             = "Advanced" # a bundle of two keys passes the 4 KB of a standard one
  value_wo         = coalesce(var.signing_key, "not set: apply with signing_key, and a higher signing_key_version")
  value_wo_version = var.signing_key_version
}

resource "aws_ssm_parameter" "other" {
  for_each = var.secret_names

  name             = "/${local.name}/${each.key}"
  type             = "SecureString"
  value_wo         = "not set"
  value_wo_version = 1
}
