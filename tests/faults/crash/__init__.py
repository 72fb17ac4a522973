"""The whole local system, killed at random instants while it works, and judged by what it had said yes to."""
