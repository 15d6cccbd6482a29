"""Tocsin: alerts become incidents, one per problem, kept and told until somebody has dealt with them."""

__version__ = "0.1.0"
