"""What any function set is made of; it knows none."""
