"""The HTTP API: one module a resource; what goes around every route is in ``frame``."""
