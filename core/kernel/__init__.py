"""What any function set is made of; knows no energy."""
