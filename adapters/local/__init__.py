"""The local provider: the whole function set on one machine, with nothing but Python."""
