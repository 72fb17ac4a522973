"""What each provider costs, and what portability itself does: `nox -s bench`, see bench/README.md."""
