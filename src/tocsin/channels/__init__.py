"""Ways out of the system, to people."""
