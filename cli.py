"""What a person calls in a checkout: ``python cli.py COMMAND`` is the same as the installed ``tocsin COMMAND``."""

import gc
import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    # What gets loaded stays: the program begins to look for garbage once that is done.
    gc.disable()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Until the program is loaded, and sees to it itself, Ctrl-C just ends.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

# This checkout's package comes first, whatever else is installed.
sys.path.insert(0, str(Path(__file__).resolve().parent / "src"))

from tocsin.entrypoints.cli import main

if __name__ == "__main__":
    sys.exit(main())
