"""What Python sees on Lambda besides its own library: the folder of the function, and that of the runtime client."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

import pytest

import ship


class Folders(NamedTuple):
    """``task`` is /var/task, which is searched first, and ``runtime`` /var/runtime; ``shipped`` are the first's files."""

    task: Path
    runtime: Path
    shipped: dict

    def owner(self, file):
        """Say which of the two a module's file is from, or "library" for Python's own; anything else is "elsewhere"."""
        library = Path(sysconfig.get_path("stdlib")).resolve()
        for name, folder in (("task", self.task), ("runtime", self.runtime), ("library", library)):
            if file.is_relative_to(folder) and not {"site-packages", "dist-packages"}.intersection(file.parts):
                return name
        return "elsewhere"


def built(folder):
    """Build both inside ``folder`` for this interpreter, and take away the right to write there.

    Skips aloud where the requirements cannot be installed.
    """
    task, runtime = folder.resolve() / "task", folder.resolve() / "runtime"
    try:
        ship.main([str(task), "--python", sys.executable])
    except subprocess.CalledProcessError as error:
        if "pip" not in error.cmd:
            raise
        pytest.skip(f"what ships cannot be installed here: pip ended with {error.returncode}")
    _copy_runtime_client(runtime)
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    return Folders(task, runtime, files(task))


def writable_again(folder):
    """Give the right to write back, so that the folder can be removed."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)


def files(folder):
    """Return every file of a folder and when it was written."""
    return {path.relative_to(folder): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def _copy_runtime_client(folder):
    """Copy awslambdaric and what it needs, and nothing else, out of the environment that the tests run in."""
    wanted = ["awslambdaric"]
    for name in wanted:
        distribution = importlib.metadata.distribution(name)
        needed = [one for one in distribution.requires or () if "extra ==" not in one]
        wanted += [found for one in needed if (found := re.match(r"[\w.-]+", one)[0]) not in wanted]
        for file in distribution.files:
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), folder / file)
