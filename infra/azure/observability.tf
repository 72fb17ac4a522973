# Logs, alarms, a dashboard and a budget.

locals {
  workspace = coalesce(var.existing_log_workspace, try(azurerm_log_analytics_workspace.this[0].id, null))
  line      = "traces | extend line = parse_json(message)"

  queries = merge(
    {
      for name, one in local.functions : "errors-${name}" => {
        description = "${name} failed"
        query       = "requests | where success == false and operation_Name == \"${name}\""
      } if name != module.functions.http.name && one.trigger != "step" # whose refusals are no failures
    },
    {
      for name, one in local.functions : "runs-${name}" => {
        description = "A run of ${name} broke"
        query       = "${local.line} | where line.logger == \"trefoil.workflow\" and line.message == \"run broke\" and line.function == \"${name}\""
      } if one.trigger == "step"
    },
    {
      # Flex Consumption has no metrics of HTTP answers, and an alarm on one that is not there is refused.
      api-5xx = {
        description = "The API answered 5xx"
        query       = "requests | where toint(resultCode) >= 500"
      }
      # The poison queues themselves are emptied by bury_*: their letters are counted in what that logs.
      dead-letters = {
        description = "Something failed too often"
        query       = "${local.line} | where line.logger == \"trefoil.dead_letters\" and line.message == \"given up\""
      }
    },
  )
}

resource "azurerm_log_analytics_workspace" "this" {
  count = var.existing_log_workspace == null ? 1 : 0

  name                = local.name
  resource_group_name = local.group
  location            = var.region
  sku                 = "PerGB2018"
  retention_in_days   = var.log_retention_days
  tags                = local.tags
}

resource "azurerm_application_insights" "this" {
  name                         = local.name
  resource_group_name          = local.group
  location                     = var.region
  application_type             = "web"
  workspace_id                 = local.workspace
  local_authentication_enabled = false
  tags                         = local.tags
}

resource "azurerm_monitor_diagnostic_setting" "state" {
  name                       = local.name
  target_resource_id         = "${local.account.id}/blobServices/default"
  log_analytics_workspace_id = local.workspace

  enabled_log {
    category = "StorageDelete"
  }
}

resource "azurerm_monitor_diagnostic_setting" "secrets" {
  name                       = local.name
  target_resource_id         = azurerm_key_vault.this.id
  log_analytics_workspace_id = local.workspace

  enabled_log {
    category = "AuditEvent"
  }
}

resource "azurerm_monitor_action_group" "this" {
  name                = local.name
  resource_group_name = local.group
  short_name          = substr(local.name, 0, 12)
  tags                = local.tags

  dynamic "email_receiver" {
    for_each = var.alarm_email == null ? [] : [var.alarm_email]
    content {
      name          = "email"
      email_address = email_receiver.value
    }
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "this" {
  for_each = local.queries

  name                 = "${local.name}-${replace(each.key, "_", "-")}"
  description          = "${each.value.description}: docs/runbook.md says what to do"
  resource_group_name  = local.group
  location             = var.region
  scopes               = [azurerm_application_insights.this.id]
  severity             = 2
  evaluation_frequency = "PT15M"
  window_duration      = "PT15M"
  tags                 = local.tags

  # The tables that are asked come with the first line that is logged.
  skip_query_validation = true

  criteria {
    query                   = each.value.query
    operator                = "GreaterThan"
    threshold               = 0
    time_aggregation_method = "Count"
  }

  action {
    action_groups = [azurerm_monitor_action_group.this.id]
  }
}

resource "azurerm_application_insights_workbook" "this" {
  name                = uuidv5("url", "trefoil/${var.account_id}/${local.name}")
  resource_group_name = local.group
  location            = var.region
  display_name        = local.name
  source_id           = lower(azurerm_application_insights.this.id)
  tags                = local.tags

  data_json = jsonencode({
    version = "Notebook/1.0"
    items = [
      for title, query in {
        "Calls"         = "requests | summarize count() by operation_Name, bin(timestamp, 5m) | render timechart"
        "Failures"      = "requests | where success == false | summarize count() by operation_Name, bin(timestamp, 5m) | render timechart"
        "Duration, p95" = "requests | summarize percentile(duration, 95) by operation_Name, bin(timestamp, 5m) | render timechart"
        "Dead letters"  = "${local.line} | where line.logger == \"trefoil.dead_letters\" and line.message == \"given up\" | summarize count() by bin(timestamp, 1h) | render timechart"
        } : {
        type = 3
        name = title
        content = {
          version      = "KqlItem/1.0"
          title        = title
          query        = query
          size         = 0
          queryType    = 0
          resourceType = "microsoft.insights/components"
          timeContext  = { durationMs = 86400000 }
        }
      }
    ]
  })
}

resource "azurerm_consumption_budget_resource_group" "this" {
  count = var.monthly_budget == null ? 0 : 1

  name              = local.name
  resource_group_id = "/subscriptions/${var.account_id}/resourceGroups/${local.group}"
  amount            = var.monthly_budget
  time_grain        = "Monthly"

  time_period {
    start_date = "${var.budget_start}T00:00:00Z"
  }

  dynamic "notification" {
    for_each = [80, 100]
    content {
      operator       = "GreaterThan"
      threshold      = notification.value
      threshold_type = "Actual"
      contact_emails = [var.alarm_email]
    }
  }

  lifecycle {
    ignore_changes = [time_period] # Azure fills in an end
  }
}
