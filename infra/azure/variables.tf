# Written by tools/infra.py from infra/interface.json: change that.

variable "account_id" {
  description = "Where to deploy: an AWS account, a Google Cloud project, or an Azure subscription. Another one is never touched."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex(local.cloud.account_pattern, var.account_id))
    error_message = "account_id must be ${local.cloud.account_example}."
  }
}

variable "region" {
  description = "The cloud's own name of the region that holds everything."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex(local.cloud.region_pattern, var.region))
    error_message = "region must be a region of this cloud, such as ${local.cloud.region_example}."
  }
}

variable "name_prefix" {
  description = "First part of every resource's name."
  type        = string
  default     = "trefoil"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{2,11}$", var.name_prefix))
    error_message = "name_prefix must be 3 to 12 lower-case letters and digits, a letter first: the shortest limit of the three clouds."
  }
}

variable "environment" {
  description = "Second part of every resource's name, so that one account can hold several deployments."
  type        = string
  default     = "prod"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,7}$", var.environment))
    error_message = "environment must be 2 to 8 lower-case letters and digits, a letter first, such as prod or test."
  }
}

variable "domain_name" {
  description = "Domain of the site, such as app.example.com. Null takes the name that the cloud gives."
  type        = string
  default     = null

  validation {
    condition     = var.domain_name == null || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$", var.domain_name))
    error_message = "domain_name must be a host name in lower case, such as app.example.com."
  }

  validation {
    condition     = (var.domain_name == null) == (var.dns_zone == null)
    error_message = "domain_name and dns_zone belong together: give both or neither."
  }
}

variable "dns_zone" {
  description = "The zone that holds domain_name: id of a Route 53 zone, name of a Cloud DNS zone, or resource id of an Azure DNS zone."
  type        = string
  default     = null
}

variable "existing_bucket" {
  description = "Keep the state in this bucket (Azure: resource id of a storage account), of the same account and region, instead of a new one. A key of its own must admit the identities in the outputs. Its notifications and rules become this deployment's; its encryption, versioning and access stay its owner's."
  type        = string
  default     = null
}

variable "existing_resource_group" {
  description = "Azure: put everything into this resource group instead of a new one. The other clouds have none."
  type        = string
  default     = null
}

variable "existing_log_workspace" {
  description = "Azure: resource id of a Log Analytics workspace to log into instead of a new one. The other clouds have none."
  type        = string
  default     = null
}

variable "package_dir" {
  description = "Folder of the zips that `nox -s package` builds."
  type        = string
  default     = "../../dist"
  nullable    = false

  validation {
    condition     = fileexists("${var.package_dir}/${local.cloud.provider}.zip")
    error_message = "package_dir has no ${local.cloud.provider}.zip: build it with `nox -s package -- ${local.cloud.provider}`."
  }
}

variable "site_dir" {
  description = "Folder of the built site (`nox -s site`)."
  type        = string
  default     = "../../web/dist"
  nullable    = false

  validation {
    condition     = fileexists("${var.site_dir}/index.html") && fileexists("${var.site_dir}/404.html")
    error_message = "site_dir must hold index.html and 404.html: build the site with `nox -s site`."
  }
}

variable "cors_allowed_origins" {
  description = "Origins besides the site's own whose pages may call the API and upload."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for origin in var.cors_allowed_origins : can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$", origin))])
    error_message = "cors_allowed_origins must hold origins such as https://app.example.com, without path or closing slash."
  }
}

variable "jwt_issuer" {
  description = "The `iss` of access tokens. Null takes the API's own URL, where its discovery document is."
  type        = string
  default     = null

  validation {
    condition     = var.jwt_issuer == null || can(regex("^https://[^/?#]+[^?#]*$", var.jwt_issuer))
    error_message = "jwt_issuer must be an https URL without query."
  }
}

variable "jwt_audience" {
  description = "The `aud` of access tokens."
  type        = string
  default     = "trefoil"
  nullable    = false

  validation {
    condition     = length(trimspace(var.jwt_audience)) > 0
    error_message = "jwt_audience must not be empty."
  }
}

variable "signing_key" {
  description = "PEM bundle of RSA keys, the first of which signs access tokens (`trefoil keys new` makes one). Needed by the first apply and whenever signing_key_version changes; kept in no state and no plan."
  type        = string
  default     = ""
  sensitive   = true
  ephemeral   = true
  nullable    = false

  validation {
    condition     = var.signing_key == "" || strcontains(var.signing_key, "PRIVATE KEY-----")
    error_message = "signing_key must be PEM: make one with `trefoil keys new`."
  }
}

variable "signing_key_version" {
  description = "Raise it to have signing_key written again."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.signing_key_version >= 1 && floor(var.signing_key_version) == var.signing_key_version
    error_message = "signing_key_version must be a whole number from 1."
  }
}

variable "secret_names" {
  description = "Further secrets that the functions may read. Made with a placeholder: their values are set by whoever owns them, and not touched again."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.secret_names : can(regex("^[a-z][a-z0-9-]{1,40}$", name)) && name != "signing-key"])
    error_message = "secret_names must be 2 to 41 lower-case letters, digits and hyphens, a letter first, and not signing-key."
  }
}

variable "enable_gateway_authorizer" {
  description = "Let the gateway ask the authorizer function where the cloud has such a gateway (AWS). Elsewhere, and without it, the API judges tokens itself, with the same answers."
  type        = bool
  default     = true
  nullable    = false
}

variable "public_invoker" {
  description = "Google Cloud: let everybody call the API and the site. Where an organization's policy refuses allUsers, set it to false and admit callers by other means. The other clouds have no such switch."
  type        = bool
  default     = true
  nullable    = false
}

variable "functions_file" {
  description = "The function set as JSON, as `python -m tools.functions` writes it; the package holds the same set."
  type        = string
  default     = "../functions.json"
  nullable    = false

  validation {
    condition     = can(jsondecode(file(var.functions_file)).functions)
    error_message = "functions_file has no function set: write it with `python -m tools.functions --functions NAME`."
  }
}

variable "schedule_cron" {
  description = "Functions that a schedule calls at another time than they declare: cron of five fields in UTC, by name. Weekdays are names (MON-FRI), and either the day or the weekday is *."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.schedule_cron) : contains(module.functions.declared_schedules, name)])
    error_message = "schedule_cron may name only those functions that a schedule calls: ${module.functions.declared_schedules_text}."
  }

  validation {
    condition     = alltrue([for cron in values(var.schedule_cron) : can(regex("^(\\*|\\*/([1-9]|[1-5][0-9])|([0-9]|[1-5][0-9])(-([0-9]|[1-5][0-9]))?(,([0-9]|[1-5][0-9])(-([0-9]|[1-5][0-9]))?)*) (\\*|\\*/([1-9]|1[0-9]|2[0-3])|([0-9]|1[0-9]|2[0-3])(-([0-9]|1[0-9]|2[0-3]))?(,([0-9]|1[0-9]|2[0-3])(-([0-9]|1[0-9]|2[0-3]))?)*) (\\*|\\*/([1-9]|[12][0-9]|3[01])|([1-9]|[12][0-9]|3[01])(-([1-9]|[12][0-9]|3[01]))?(,([1-9]|[12][0-9]|3[01])(-([1-9]|[12][0-9]|3[01]))?)*) (\\*|\\*/([1-9]|1[0-2])|([1-9]|1[0-2])(-([1-9]|1[0-2]))?(,([1-9]|1[0-2])(-([1-9]|1[0-2]))?)*) (\\*|(SUN|MON|TUE|WED|THU|FRI|SAT)(-(SUN|MON|TUE|WED|THU|FRI|SAT))?(,(SUN|MON|TUE|WED|THU|FRI|SAT)(-(SUN|MON|TUE|WED|THU|FRI|SAT))?)*)$", cron)) && can(regex("^[^ ]+ [^ ]+ ([*] [^ ]+ [^ ]+|[^ ]+ [^ ]+ [*])$", cron))])
    error_message = "schedule_cron must hold crons of five fields that every cloud takes, such as `0 2 * * *` or `*/15 8-18 * * MON-FRI`."
  }

  validation {
    condition     = alltrue(flatten([for cron in values(var.schedule_cron) : [[for ends in regexall("([0-9]+)-([0-9]+)", cron) : tonumber(ends[0]) < tonumber(ends[1])], [for ends in regexall("([A-Z]+)-([A-Z]+)", cron) : can(regex("${ends[0]}.+${ends[1]}", "SUN MON TUE WED THU FRI SAT"))]]]))
    error_message = "schedule_cron must hold ranges that rise, such as `8-18` or `MON-FRI`."
  }

  validation {
    condition     = alltrue([for cron in values(var.schedule_cron) : can(regex("^[^ ]+ [^ ]+ ([^ ]+ [*]|([*]|[*]/[0-9]+|(1?[0-9]|2[0-8])([-,](1?[0-9]|2[0-8]))*) [^ ]+) ", cron))])
    error_message = "schedule_cron must name a day above 28 in every month (*) only: not every month has it."
  }
}

variable "function_settings" {
  description = "Variables of one's own that the functions find in their environment. No secrets: those are named in secret_names."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.function_settings) : can(regex("^[A-Z][A-Z0-9_]{0,99}$", name)) && !can(regex("^(AWS|AZURE|GOOGLE|FUNCTIONS|WEBSITE|TREFOIL)_|^AzureWebJobs", name))])
    error_message = "function_settings must be names in upper case; those that begin with TREFOIL_ or as a cloud's own do are taken."
  }
}

variable "forecast_sites" {
  description = "Places to fetch weather forecasts for; degrees north and east."
  type        = map(object({ latitude = number, longitude = number }))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, site in var.forecast_sites : can(regex("^[a-z][a-z0-9-]{0,39}$", name)) && abs(site.latitude) <= 90 && abs(site.longitude) <= 180]) && length(var.forecast_sites) <= 100 && length(join(",", [for name, site in var.forecast_sites : "${name}:${site.latitude}:${site.longitude}"])) <= 2800
    error_message = "forecast_sites must be at most 100 names of lower-case letters, digits and hyphens, with latitude -90..90 and longitude -180..180, and no more than 2,800 characters as name:latitude:longitude together: Lambda takes 4 KB of variables."
  }
}

variable "forecast_url" {
  description = "Source of the forecasts, an API of Open-Meteo's shape."
  type        = string
  default     = "https://api.open-meteo.com/v1/forecast"
  nullable    = false

  validation {
    condition     = can(regex("^https?://[^/?#]+[^?#]*$", var.forecast_url))
    error_message = "forecast_url must be a URL without query."
  }
}

variable "function_memory_mb" {
  description = "Memory of the functions that are declared with more than 512 MB, in place of what they declare."
  type        = number
  default     = null

  validation {
    condition     = contains([512, 2048, 4096], coalesce(var.function_memory_mb, 512))
    error_message = "function_memory_mb must be 512, 2048 or 4096: the sizes that all three clouds have."
  }
}

variable "http_timeout_seconds" {
  description = "Longest time for one request."
  type        = number
  default     = 29
  nullable    = false

  validation {
    condition     = var.http_timeout_seconds >= 1 && var.http_timeout_seconds <= 29
    error_message = "http_timeout_seconds must be 1 to 29: API Gateway waits 30 seconds."
  }
}

variable "job_timeout_seconds" {
  description = "Longest time for one event, job or call of the schedule; functions that are declared with less keep that."
  type        = number
  default     = 540
  nullable    = false

  validation {
    condition     = var.job_timeout_seconds >= 60 && var.job_timeout_seconds <= 540
    error_message = "job_timeout_seconds must be 60 to 540: Pub/Sub waits 600 seconds."
  }
}

variable "max_instances" {
  description = "How far each function may scale out. A new Google Cloud project grants no more than 20 of them in a region."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.max_instances >= 2 && var.max_instances <= 1000
    error_message = "max_instances must be 2 to 1000."
  }
}

variable "max_delivery_attempts" {
  description = "How often a message is delivered before it becomes a dead letter, in place of what the functions declare."
  type        = number
  default     = null

  validation {
    condition     = coalesce(var.max_delivery_attempts, 5) >= 5 && coalesce(var.max_delivery_attempts, 5) <= 100
    error_message = "max_delivery_attempts must be 5 to 100: the range of Pub/Sub."
  }
}

variable "log_level" {
  description = "Least level that is logged."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "log_level must be DEBUG, INFO, WARNING or ERROR."
  }
}

variable "debug_namespaces" {
  description = "Namespaces that log in detail, such as ingest or auth."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.debug_namespaces : can(regex("^[a-z][a-z_]*$", name))])
    error_message = "debug_namespaces must be names in lower case, such as ingest."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([30, 60, 90, 120, 150, 180, 365, 400, 545], var.log_retention_days)
    error_message = "log_retention_days must be 30, 60, 90, 120, 150, 180, 365, 400 or 545: what all three clouds offer."
  }
}

variable "mail_from" {
  description = "Address that mails to customers come from, of which the cloud has you prove that it is yours; on Azure, DoNotReply@azurecomm.net stands for one that Azure makes. Empty: no mails are sent, so nobody is told of a day that took too much."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = var.mail_from == "" || can(regex("^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.mail_from))
    error_message = "mail_from must be an e-mail address such as alerts@example.com, its domain in lower case."
  }
}

variable "mail_server" {
  description = "Google Cloud: the server that mails are sent by, as smtp://USER@HOST:587?starttls or smtps://USER@HOST:465, whose password is the value of the secret mail-password. Needed with mail_from there; the other clouds send by themselves."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = var.mail_server == "" || can(regex("^(smtp://[^@/?# ]+@[^@/?# ]+[?]starttls|smtps://[^@/?# ]+@[^@/?# ]+)$", var.mail_server)) && !can(regex("^smtps?://[^@]*:", var.mail_server))
    error_message = "mail_server must be smtp://USER@HOST:587?starttls or smtps://USER@HOST:465, without the password."
  }

  validation {
    condition     = var.mail_from == "" || var.mail_server != "" || !local.cloud.mail_needs_server
    error_message = "mail_server is needed with mail_from on this cloud."
  }
}

variable "alarm_email" {
  description = "Where alarms and the budget's warnings go. Null: they only show in the console."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null || can(regex("^[^@ ]+@[^@ ]+\\.[^@ ]+$", var.alarm_email))
    error_message = "alarm_email must be an e-mail address."
  }
}

variable "monthly_budget" {
  description = "Spending a month, in the account's currency (AWS: US dollars), at 80 and 100 % of which a warning is sent to alarm_email. Null: none."
  type        = number
  default     = null

  validation {
    condition     = var.monthly_budget == null || (coalesce(var.monthly_budget, 1) >= 1 && var.alarm_email != null)
    error_message = "monthly_budget must be at least 1 and needs alarm_email, or nobody would be told."
  }
}

variable "budget_start" {
  description = "Azure: first day of the first month that the budget counts, as YYYY-MM-01. Needed with monthly_budget there; the other clouds count by themselves."
  type        = string
  default     = null

  validation {
    condition     = var.budget_start == null || can(regex("^20[0-9]{2}-(0[1-9]|1[0-2])-01$", var.budget_start))
    error_message = "budget_start must be the first day of a month, as YYYY-MM-01."
  }

  validation {
    condition     = var.monthly_budget == null || var.budget_start != null || !local.cloud.budget_needs_start
    error_message = "budget_start is needed with monthly_budget on this cloud."
  }
}

variable "billing_account" {
  description = "Google Cloud: billing account of the budget. Needed with monthly_budget there."
  type        = string
  default     = null

  validation {
    condition     = var.billing_account == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "billing_account must look like 012345-6789AB-CDEF01."
  }

  validation {
    condition     = var.monthly_budget == null || var.billing_account != null || !local.cloud.budget_needs_billing_account
    error_message = "billing_account is needed with monthly_budget on this cloud."
  }
}

variable "force_destroy" {
  description = "Let `terraform destroy` remove the state with its data. Apply with true first, then destroy."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Further tags (Google Cloud: labels) of every resource."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.tags) <= 7 && alltrue([for key, value in var.tags : can(regex("^[a-z][a-z0-9_-]{0,62}$", key)) && can(regex("^[a-z0-9_-]{0,63}$", value))])
    error_message = "tags must be at most 7 (an S3 object takes 10), of lower-case letters, digits, _ and -, at most 63, keys beginning with a letter: the rule of Google Cloud's labels."
  }
}
