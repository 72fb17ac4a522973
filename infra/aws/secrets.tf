# Written through write-only arguments: no value is in the state.

# A version without a key would put an empty one in the place of the live one.
resource "terraform_data" "signing_key" {
  triggers_replace = var.signing_key_version

  provisioner "local-exec" {
    command     = "test -n \"$GIVEN\" # signing_key is needed by the first apply and with a new signing_key_version: TF_VAR_signing_key"
    environment = { GIVEN = var.signing_key == "" ? "" : "yes" }
  }
}

resource "aws_ssm_parameter" "signing_key" {
  name             = "/${local.name}/signing-key"
  description      = "PEM bundle: the first key signs access tokens, all of them verify"
  type             = "SecureString"
  tier             = "Advanced" # a bundle of two keys passes the 4 KB of a standard one
  value_wo         = coalesce(var.signing_key, "unchanged")
  value_wo_version = var.signing_key_version

  lifecycle {
    ignore_changes = [description, tier] # the provider sends no value with a change of these alone
  }

  depends_on = [terraform_data.signing_key]
}

resource "aws_ssm_parameter" "other" {
  for_each = var.secret_names

  name             = "/${local.name}/${each.key}"
  type             = "SecureString"
  value_wo         = "not set"
  value_wo_version = 1
}
