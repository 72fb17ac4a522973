"""The overview of an account: what was read and what it cost of late, what is lacking, and what came last."""
