# A deployment's settings: every input is in infra/azure/README.md.
account_id  = "00000000-0000-4000-8000-000000000000"
region      = "uksouth"
alarm_email = "ops@example.com"
# monthly_budget = 80
# budget_start   = "YYYY-MM-01" # the first of this month: Azure takes no other than this or a later one

forecast_sites = {
  london = { latitude = 51.5072, longitude = -0.1276 }
}
