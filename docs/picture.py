"""Draw ``docs/list.svg``: the real ``list`` on a terminal, in the middle of the demo. Run by ``make picture``.

The demo's output is taken from a pseudo-terminal, so that the colours are the program's own; rich only turns them
into a drawing.
"""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS = 96
ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "Halfway, ", "The rollback"


def played() -> str:
    """Return what the demo writes on a terminal."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    with subprocess.Popen(
        [sys.executable, "cli.py", "demo", "--pace", "0"], stdout=theirs, stderr=theirs, cwd=ROOT, env=environment
    ):
        os.close(theirs)
        pieces = []
        while True:
            try:
                piece = os.read(ours, 65_536)
            except OSError:  # how a pseudo-terminal ends
                break
            if not piece:
                break
            pieces.append(piece)
    return b"".join(pieces).decode().replace("\r\n", "\n")


def main() -> None:
    """Write the picture."""
    output = played()
    shown = output[output.index(BEGIN) : output.index(END)].splitlines()[2:-2]
    text = Text.from_ansi("\n".join(["$ python cli.py list", *shown]))
    console = Console(record=True, width=COLUMNS, file=Path(os.devnull).open("w"), force_terminal=True)  # noqa: SIM115
    console.print(text)
    svg = console.export_svg(title="Tocsin", unique_id="tocsin")
    # A picture in a repository loads nothing from anywhere: the viewer's own monospace does.
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code", "ui-monospace")
    svg = svg.replace("<text ", '<text xml:space="preserve" ')
    svg = re.sub(r"<!-- .*? -->", "", svg)
    (ROOT / "docs" / "list.svg").write_text(re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE))


if __name__ == "__main__":
    main()
