# A deployment's settings: every input is in infra/aws/README.md.
account_id = "123456789012"
region     = "eu-west-2"

# Whom alarms tell, and of a month that costs more than this many dollars.
# alarm_email    = "you@your-company.com"
# monthly_budget = 50

# Whom mails to customers come from (docs/deploy-aws.md, Mails to customers).
# mail_from = "alerts@your-company.com"

# At most 3,008 MB and 10 functions at once are what a new account gives: then this goes with it.
# max_instances = 2

forecast_sites = {
  london = { latitude = 51.5072, longitude = -0.1276 }
}
