"""Use cases. Each reads, lets the domain decide, and commits; and each decides again where somebody wrote first."""
