# A deployment's settings: every input is in infra/gcp/README.md.
account_id = "trefoil-prod-1234"
region     = "europe-west1" # a new project may not build in every region: docs/deploy-gcp.md says in which it may

# Whom alarms tell, and of a month that costs more than this; the account that pays is told by `gcloud billing accounts list`.
# alarm_email     = "you@your-company.com"
# monthly_budget  = 50
# billing_account = "012345-6789AB-CDEF01"

# Whom mails to customers come from, and by which server (docs/deploy-gcp.md, Mails to customers).
# mail_from   = "alerts@your-company.com"
# mail_server = "smtps://USER@mail.your-company.com:465"

forecast_sites = {
  london = { latitude = 51.5072, longitude = -0.1276 }
}
