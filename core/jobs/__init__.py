"""The `jobs` queue: what takes longer than a request may, done in the background by messages of at most 48 KiB."""
