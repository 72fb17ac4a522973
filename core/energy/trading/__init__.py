"""Trading: products and the trades of an account."""
