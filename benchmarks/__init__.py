"""How fast it is, as ratios: ``make bench``. Each module measures one subject; ``docs/performance.md`` explains the rows."""
