# The static site: a private bucket, mounted by a web server on Cloud Run. A load balancer would need a domain to speak
# HTTPS, and a bucket behind one must be public, which many organizations forbid; Cloud Run gives a name with HTTPS for
# nothing, and costs nothing while nobody looks. With domain_name, a load balancer with a CDN stands in front of it.

locals {
  web_server = templatefile("${path.module}/nginx.conf.tftpl", { csp = module.site.content_security_policy })
}

resource "google_storage_bucket_object" "site" {
  for_each = module.site.files

  bucket         = google_storage_bucket.this["site"].name
  name           = each.key
  source         = each.value.path
  source_md5hash = filemd5(each.value.path)
  content_type   = each.value.media_type
}

resource "google_storage_bucket_object" "config" {
  bucket       = google_storage_bucket.this["site"].name
  name         = "config.json"
  content      = module.site.config
  content_type = "application/json"
}

resource "google_service_account" "site" {
  account_id   = "${local.name}-site"
  display_name = "Trefoil: the site's web server"
  depends_on   = [time_sleep.services]
}

resource "google_storage_bucket_iam_member" "site" {
  bucket = google_storage_bucket.this["site"].name
  role   = "roles/storage.objectViewer"
  member = google_service_account.site.member
}

# A mount that comes before its grant holds fails the revision.
resource "time_sleep" "site" {
  create_duration = "60s"
  triggers        = { grant = google_storage_bucket_iam_member.site.id }
}

resource "google_cloud_run_v2_service" "site" {
  name                = "${local.name}-site"
  location            = var.region
  description         = "The static site"
  deletion_protection = false
  ingress             = var.domain_name == null ? "INGRESS_TRAFFIC_ALL" : "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"

  template {
    service_account       = google_service_account.site.email
    execution_environment = "EXECUTION_ENVIRONMENT_GEN2" # for the volume

    scaling {
      max_instance_count = var.max_instances
    }

    containers {
      image   = "docker.io/library/nginx@sha256:a8b39bd9cf0f83869a2162827a0caf6137ddf759d50a171451b335cecc87d236" # 1.28.3-alpine
      command = ["/bin/sh", "-c"]
      args    = ["printenv CONFIGURATION >/etc/nginx/conf.d/default.conf && exec nginx -g 'daemon off;'"]

      env {
        name  = "CONFIGURATION"
        value = local.web_server
      }

      ports {
        container_port = 8080
      }

      resources {
        cpu_idle = true
        limits   = { cpu = "1", memory = "512Mi" }
      }

      volume_mounts {
        name       = "site"
        mount_path = "/site"
      }
    }

    volumes {
      name = "site"
      gcs {
        bucket    = google_storage_bucket.this["site"].name
        read_only = true
      }
    }
  }

  depends_on = [time_sleep.site]
}

resource "google_cloud_run_v2_service_iam_member" "site" {
  count = var.public_invoker ? 1 : 0

  name     = google_cloud_run_v2_service.site.name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers"
}

resource "google_compute_global_address" "site" {
  count = var.domain_name == null ? 0 : 1

  name       = "${local.name}-site"
  depends_on = [time_sleep.services]
}

resource "google_compute_region_network_endpoint_group" "site" {
  count = var.domain_name == null ? 0 : 1

  name                  = "${local.name}-site"
  region                = var.region
  network_endpoint_type = "SERVERLESS"

  cloud_run {
    service = google_cloud_run_v2_service.site.name
  }
}

resource "google_compute_backend_service" "site" {
  count = var.domain_name == null ? 0 : 1

  name                  = "${local.name}-site"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  enable_cdn            = true

  cdn_policy {
    cache_mode = "USE_ORIGIN_HEADERS"
    cache_key_policy {
      include_host         = false
      include_protocol     = false
      include_query_string = false
    }
  }

  backend {
    group = google_compute_region_network_endpoint_group.site[0].id
  }
}

resource "google_compute_url_map" "site" {
  count = var.domain_name == null ? 0 : 1

  name            = "${local.name}-site"
  default_service = google_compute_backend_service.site[0].id
}

resource "google_compute_managed_ssl_certificate" "site" {
  count = var.domain_name == null ? 0 : 1

  name = "${local.name}-site-${substr(sha256(var.domain_name), 0, 8)}"
  managed {
    domains = [var.domain_name]
  }

  lifecycle {
    create_before_destroy = true # the proxy holds on to the former one
  }

  depends_on = [time_sleep.services]
}

resource "google_compute_ssl_policy" "site" {
  count = var.domain_name == null ? 0 : 1

  name            = "${local.name}-site"
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
  depends_on      = [time_sleep.services]
}

resource "google_compute_target_https_proxy" "site" {
  count = var.domain_name == null ? 0 : 1

  name             = "${local.name}-site"
  url_map          = google_compute_url_map.site[0].id
  ssl_certificates = [google_compute_managed_ssl_certificate.site[0].id]
  ssl_policy       = google_compute_ssl_policy.site[0].id
}

resource "google_compute_global_forwarding_rule" "site" {
  count = var.domain_name == null ? 0 : 1

  name                  = "${local.name}-site"
  target                = google_compute_target_https_proxy.site[0].id
  ip_address            = google_compute_global_address.site[0].id
  port_range            = "443"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}

# Plain HTTP is only told to come back with HTTPS.
resource "google_compute_url_map" "redirect" {
  count = var.domain_name == null ? 0 : 1

  name = "${local.name}-redirect"
  default_url_redirect {
    https_redirect         = true
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
    strip_query            = false
  }

  depends_on = [time_sleep.services]
}

resource "google_compute_target_http_proxy" "redirect" {
  count = var.domain_name == null ? 0 : 1

  name    = "${local.name}-redirect"
  url_map = google_compute_url_map.redirect[0].id
}

resource "google_compute_global_forwarding_rule" "redirect" {
  count = var.domain_name == null ? 0 : 1

  name                  = "${local.name}-redirect"
  target                = google_compute_target_http_proxy.redirect[0].id
  ip_address            = google_compute_global_address.site[0].id
  port_range            = "80"
  load_balancing_scheme = "EXTERNAL_MANAGED"
}

resource "google_dns_record_set" "site" {
  count = var.domain_name == null ? 0 : 1

  managed_zone = var.dns_zone
  name         = "${var.domain_name}."
  type         = "A"
  ttl          = 300
  rrdatas      = [google_compute_global_address.site[0].address]
}
