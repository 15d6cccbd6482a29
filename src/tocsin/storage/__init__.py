"""The store interface and its backends. Nothing here decides anything about alerts or incidents."""
