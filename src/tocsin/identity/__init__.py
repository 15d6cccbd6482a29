"""Adapters of signing in: what proves who somebody is, by libraries and services from outside."""
