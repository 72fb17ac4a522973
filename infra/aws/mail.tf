# Mails to customers, by Simple Email Service in the region of the functions. AWS writes to the address, and sends
# nothing before that link was followed. The right to send by it is the worker's alone (identity.tf).

resource "aws_sesv2_email_identity" "mail" {
  count = var.mail_from == "" ? 0 : 1

  email_identity = var.mail_from
}
