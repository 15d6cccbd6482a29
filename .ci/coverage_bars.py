"""Holds branch coverage to its bars: everything in domain and storage, nine tenths of the rest.

Reads what ``coverage json`` wrote and prints one line a package; ``coverage report`` names the gaps.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path, PurePath

FULL = ("domain", "storage")
REST_PERCENT = 90


class Tally:
    """Lines and branches together: how many there are, how many were reached."""

    def __init__(self) -> None:
        self.reached = 0
        self.possible = 0

    def add(self, summary: dict[str, int]) -> None:
        """Count one file's summary in."""
        self.reached += summary["covered_lines"] + summary["covered_branches"]
        self.possible += summary["num_statements"] + summary["num_branches"]

    @property
    def percent(self) -> float:
        """What was reached, never rounded up to a bar; where nothing was measured, nothing was reached."""
        return 100 * self.reached / self.possible if self.possible else 0.0


def main(report: Path) -> int:
    """Print the table; return 0 if every bar was reached, else 1."""
    packages: dict[str, Tally] = defaultdict(Tally, {name: Tally() for name in FULL})
    rest = Tally()
    for name, file in json.loads(report.read_text())["files"].items():
        *folders, _ = PurePath(name).relative_to("src/tocsin").parts
        package = folders[0] if folders else "."
        packages[package].add(file["summary"])
        if package not in FULL:
            rest.add(file["summary"])

    short = False
    rows = [(name, packages[name], 100 if name in FULL else None) for name in sorted(packages)]
    for name, tally, bar in [*rows, ("the rest", rest, REST_PERCENT)]:
        missed = bar is not None and tally.percent < bar
        short = short or missed
        wanted = "" if bar is None else f"  of {bar} % {'MISSED' if missed else 'reached'}"
        print(f"  {name:12}{tally.percent:7.2f} %{wanted}")
    return int(short)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
