"""Wiring only: the environment, clocks, files and the terminal are reached here and handed on."""
