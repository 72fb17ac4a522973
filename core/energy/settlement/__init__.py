"""Settlement: what an account's points took and gave in a month, priced by its contract, as a document and a CSV."""
