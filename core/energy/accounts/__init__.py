"""Accounts: customers, their settings, and their deletion."""
