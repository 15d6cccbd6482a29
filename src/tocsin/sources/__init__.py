"""Where alerts come from. Each source turns one outside format into observations."""
