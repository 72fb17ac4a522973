"""Half-hourly readings: one Delta Lake table per account. Importing a module here loads the table engine."""
