"""The electricity company's function set: a room for each feature."""
