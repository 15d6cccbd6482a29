"""What Tocsin knows and decides: pure functions over frozen models. No I/O, no clock, no environment."""
