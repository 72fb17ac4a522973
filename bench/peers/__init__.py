"""What Trefoil's adapters are measured against: hello, written by hand for each runtime, and with two frameworks."""
