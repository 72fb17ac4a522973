# A deployment's settings: every input is in infra/azure/README.md.
account_id = "00000000-0000-4000-8000-000000000000"
region     = "uksouth"

# Whom alarms tell, and of a month that costs more than this, from the first of this month on: Azure takes none before.
# alarm_email    = "you@your-company.com"
# monthly_budget = 80
# budget_start   = "YYYY-MM-01"

# Whom mails to customers come from (docs/deploy-azure.md, Mails to customers).
# mail_from = "DoNotReply@azurecomm.net"

forecast_sites = {
  london = { latitude = 51.5072, longitude = -0.1276 }
}
