"""What a person calls in a checkout: ``python cli.py COMMAND`` is the same as the installed ``tocsin COMMAND``."""

import sys
from pathlib import Path

# This checkout's package comes first, whatever else is installed.
sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

from tocsin.entrypoints.cli import main

if __name__ == "__main__":
    sys.exit(main())
