# A deployment's settings: every input is in infra/gcp/README.md.
account_id      = "trefoil-prod-1234"
region          = "europe-west2"
alarm_email     = "ops@example.com"
monthly_budget  = 50
billing_account = "012345-6789AB-CDEF01"

forecast_sites = {
  london = { latitude = 51.5072, longitude = -0.1276 }
}
