# A deployment's settings: every input is in infra/aws/README.md.
account_id     = "123456789012"
region         = "eu-west-2"
alarm_email    = "ops@example.com"
monthly_budget = 50

forecast_sites = {
  london = { latitude = 51.5072, longitude = -0.1276 }
}
