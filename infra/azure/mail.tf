# Mails to customers, by Azure Communication Services. The right to send by it is the worker's alone.
# https://learn.microsoft.com/azure/communication-services/concepts/email/prepare-email-communication-resource

locals {
  # An address of azurecomm.net stands for that of a domain which Azure makes, verifies and names.
  mail_managed = endswith(var.mail_from, "@azurecomm.net")
  # Where mails are kept while they are sent: the region's own geography, where Azure offers it.
  mail_places = {
    "UK"            = "^uk"
    "Switzerland"   = "^switzerland"
    "Norway"        = "^norway"
    "France"        = "^france"
    "Germany"       = "^germany"
    "Europe"        = "europe$|^(austria|belgium|denmark|italy|poland|spain|sweden)"
    "Australia"     = "^australia"
    "United States" = "." # any other
  }
  mail_place = [for place in ["UK", "Switzerland", "Norway", "France", "Germany", "Europe", "Australia", "United States"] : place if can(regex(local.mail_places[place], var.region))][0]
  mail_url   = var.mail_from == "" ? "" : "https://${azurerm_communication_service.mail[0].hostname}"
  mail_from  = local.mail_managed ? "DoNotReply@${azurerm_email_communication_service_domain.mail[0].from_sender_domain}" : var.mail_from
}

resource "azurerm_communication_service" "mail" {
  count = var.mail_from == "" ? 0 : 1

  name                = "${local.name}-mail${local.suffix}"
  resource_group_name = local.group
  data_location       = local.mail_place
  tags                = local.tags
}

resource "azurerm_email_communication_service" "mail" {
  count = var.mail_from == "" ? 0 : 1

  name                = "${local.name}-mail${local.suffix}"
  resource_group_name = local.group
  data_location       = local.mail_place
  tags                = local.tags
}

resource "azurerm_email_communication_service_domain" "mail" {
  count = var.mail_from == "" ? 0 : 1

  name              = local.mail_managed ? "AzureManagedDomain" : split("@", var.mail_from)[1]
  email_service_id  = azurerm_email_communication_service.mail[0].id
  domain_management = local.mail_managed ? "AzureManaged" : "CustomerManaged"
  tags              = local.tags
}

resource "azurerm_email_communication_service_domain_sender_username" "mail" {
  count = var.mail_from == "" || local.mail_managed ? 0 : 1 # Azure's own domain has DoNotReply only

  name                    = split("@", var.mail_from)[0]
  email_service_domain_id = azurerm_email_communication_service_domain.mail[0].id
}

# Azure takes only a domain that is verified: for one's own, the guide says how, and to apply again.
resource "azurerm_communication_service_email_domain_association" "mail" {
  count = var.mail_from == "" ? 0 : 1

  communication_service_id = azurerm_communication_service.mail[0].id
  email_service_domain_id  = azurerm_email_communication_service_domain.mail[0].id
}

resource "azurerm_role_assignment" "mail" {
  count = var.mail_from == "" ? 0 : 1

  scope                = azurerm_communication_service.mail[0].id
  role_definition_name = "Communication and Email Service Owner" # the least that is built in and may send
  principal_id         = azurerm_function_app_flex_consumption.this["worker"].identity[0].principal_id
  principal_type       = "ServicePrincipal"
}
