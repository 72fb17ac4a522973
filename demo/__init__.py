"""The whole system on one machine with a demo account, and a check that drives it end to end."""
