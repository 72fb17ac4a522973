# The static site: a storage account's website behind Front Door, which adds headers and knows the page's views.

locals {
  # The container that a static website has.
  site_container = "${azurerm_storage_account.this["site"].id}/blobServices/default/containers/$web"

  security_headers = {
    Content-Security-Policy   = module.site.content_security_policy
    Strict-Transport-Security = "max-age=31536000; includeSubDomains"
    X-Content-Type-Options    = "nosniff"
    X-Frame-Options           = "DENY"
    Referrer-Policy           = "same-origin"
  }
}

resource "azurerm_storage_account_static_website" "site" {
  storage_account_id = azurerm_storage_account.this["site"].id
  index_document     = "index.html"
  error_404_document = "404.html"

  depends_on = [terraform_data.deployer]
}

resource "azurerm_storage_blob" "site" {
  for_each = module.site.files

  storage_container_id = local.site_container
  name                 = each.key
  type                 = "Block"
  source               = each.value.path
  content_md5          = filemd5(each.value.path)
  content_type         = each.value.media_type
  cache_control        = each.value.caching

  depends_on = [azurerm_storage_account_static_website.site]
}

resource "azurerm_storage_blob" "config" {
  storage_container_id = local.site_container
  name                 = "config.json"
  type                 = "Block"
  source_content       = module.site.config
  content_type         = "application/json"
  cache_control        = "no-cache"

  depends_on = [azurerm_storage_account_static_website.site]
}

resource "azurerm_cdn_frontdoor_profile" "site" {
  name                = local.name
  resource_group_name = local.group
  sku_name            = "Standard_AzureFrontDoor"
  tags                = local.tags
}

resource "azurerm_cdn_frontdoor_endpoint" "site" {
  name                     = "${local.name}${local.suffix}"
  cdn_frontdoor_profile_id = azurerm_cdn_frontdoor_profile.site.id
  tags                     = local.tags
}

resource "azurerm_cdn_frontdoor_origin_group" "site" {
  name                     = "site"
  cdn_frontdoor_profile_id = azurerm_cdn_frontdoor_profile.site.id
  session_affinity_enabled = false

  load_balancing {}
}

resource "azurerm_cdn_frontdoor_origin" "site" {
  name                           = "site"
  cdn_frontdoor_origin_group_id  = azurerm_cdn_frontdoor_origin_group.site.id
  enabled                        = true
  host_name                      = azurerm_storage_account.this["site"].primary_web_host
  origin_host_header             = azurerm_storage_account.this["site"].primary_web_host
  certificate_name_check_enabled = true
}

resource "azurerm_cdn_frontdoor_batch_rule_set" "site" {
  name                     = "site"
  cdn_frontdoor_profile_id = azurerm_cdn_frontdoor_profile.site.id

  rule {
    name  = "headers"
    order = 1
    actions {
      # Five actions are the most that a rule may have.
      dynamic "modify_response_header" {
        for_each = local.security_headers
        content {
          operator     = "Overwrite"
          header_name  = modify_response_header.key
          header_value = modify_response_header.value
        }
      }
    }
  }

  # A path without a file's ending is a view of the page.
  rule {
    name  = "views"
    order = 2
    conditions {
      request_file_extension {
        operator = "LessThan" # in length
        values   = ["1"]
      }
    }
    actions {
      url_rewrite {
        source_pattern                  = "/"
        destination_path                = "/index.html"
        preserve_unmatched_path_enabled = false
      }
    }
  }
}

resource "azurerm_cdn_frontdoor_route" "site" {
  name                            = "site"
  cdn_frontdoor_endpoint_id       = azurerm_cdn_frontdoor_endpoint.site.id
  cdn_frontdoor_origin_group_id   = azurerm_cdn_frontdoor_origin_group.site.id
  cdn_frontdoor_origin_ids        = [azurerm_cdn_frontdoor_origin.site.id]
  cdn_frontdoor_rule_set_ids      = [azurerm_cdn_frontdoor_batch_rule_set.site.id]
  cdn_frontdoor_custom_domain_ids = azurerm_cdn_frontdoor_custom_domain.site[*].id
  link_to_default_domain          = var.domain_name == null
  patterns_to_match               = ["/*"]
  supported_protocols             = ["Http", "Https"]
  https_redirect_enabled          = true
  forwarding_protocol             = "HttpsOnly"

  cache {
    query_string_caching_behavior = "IgnoreQueryString"
    compression_enabled           = true
    content_types_to_compress     = ["text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"]
  }
}

resource "azurerm_cdn_frontdoor_custom_domain" "site" {
  count = var.domain_name == null ? 0 : 1

  name                     = replace(var.domain_name, ".", "-")
  cdn_frontdoor_profile_id = azurerm_cdn_frontdoor_profile.site.id
  dns_zone_id              = var.dns_zone
  host_name                = var.domain_name

  tls {
    certificate_type = "ManagedCertificate"
  }
}

locals {
  # The domain's name within its zone.
  zone_name   = var.dns_zone == null ? "" : reverse(split("/", var.dns_zone))[0]
  record_name = var.domain_name == null ? "" : trimsuffix(trimsuffix(var.domain_name, local.zone_name), ".")
}

resource "azurerm_dns_txt_record" "site" {
  count = var.domain_name == null ? 0 : 1

  name                = join(".", compact(["_dnsauth", local.record_name]))
  zone_name           = local.zone_name
  resource_group_name = split("/", var.dns_zone)[4]
  ttl                 = 300
  tags                = local.tags

  record {
    value = azurerm_cdn_frontdoor_custom_domain.site[0].validation_token
  }
}

# An alias record also serves the zone's own name, where a CNAME can't be.
resource "azurerm_dns_a_record" "site" {
  count = var.domain_name == null ? 0 : 1

  name                = local.record_name == "" ? "@" : local.record_name
  zone_name           = local.zone_name
  resource_group_name = split("/", var.dns_zone)[4]
  ttl                 = 300
  target_resource_id  = azurerm_cdn_frontdoor_endpoint.site.id
  tags                = local.tags
}
