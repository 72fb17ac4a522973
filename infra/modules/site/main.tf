# The site's files as they are served on every cloud, and the policy of its pages. It has no resources.

variable "folder" {
  description = "Of the built site."
  type        = string
  nullable    = false
}

variable "api_url" {
  description = "Where the pages find the API."
  type        = string
  nullable    = false
}

variable "store_url" {
  description = "Where browsers upload to and download from with signed URLs."
  type        = string
  nullable    = false
}

locals {
  media_types = {
    css         = "text/css; charset=utf-8", html = "text/html; charset=utf-8", ico = "image/x-icon", js = "text/javascript; charset=utf-8",
    json        = "application/json", png = "image/png", svg = "image/svg+xml", txt = "text/plain; charset=utf-8",
    webmanifest = "application/manifest+json", woff2 = "font/woff2"
  }
}

output "files" {
  description = "Path, media type and caching of every file but config.json, by its name."
  value = {
    for name in fileset(var.folder, "**") : name => {
      path       = "${var.folder}/${name}"
      media_type = lookup(local.media_types, reverse(split(".", name))[0], "application/octet-stream")
      # Names with a hash of the content never change; everything else is asked for again.
      caching = startswith(name, "assets/") ? "public, max-age=31536000, immutable" : "no-cache"
    } if name != "config.json"
  }
}

output "config" {
  description = "Content of config.json."
  value       = jsonencode({ api = var.api_url })
}

output "content_security_policy" {
  description = "Files of the site only, nothing inline, no frame around it; calls to the API and to the store."
  value       = "default-src 'self'; connect-src 'self' ${var.api_url} ${var.store_url}; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
}
