"""A function set in one file: a route, a file that is dropped, a queue, a schedule."""
