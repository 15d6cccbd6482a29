"""One module a subject; each command reads its arguments, calls a service, and shows what came of it."""
