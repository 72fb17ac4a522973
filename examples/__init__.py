"""Function sets to begin with."""
