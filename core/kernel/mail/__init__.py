"""Mails: what one may look like, and by what a deployment sends them. The port is `core.kernel.services.Notifier`."""
