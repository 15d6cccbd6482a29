"""The program works with nothing but requirements.txt installed: no package of ours, no tool, no PYTHONPATH."""

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

import pytest

from tests.entrypoints.command_line import ROOT, process_environment
from tocsin.demo import MonitorId

PINNED = [
    (name, marker)
    for name, marker in re.findall(
        r"^([A-Za-z0-9_.-]+)==[^\s;]+(?:\s*;\s*(.+))?$", (ROOT / "requirements.txt").read_text(), re.MULTILINE
    )
]

BARE = """
import json, runpy, sys
from importlib.machinery import PathFinder
folder, program, allowed = json.loads(sys.argv.pop(1))

class Only:
    # What is installed but not required counts as not installed.
    @staticmethod
    def find_spec(name, path=None, target=None):
        if path is None and name not in allowed and PathFinder.find_spec(name, [folder]):
            raise ModuleNotFoundError(f"{name} is not in requirements.txt", name=name)

sys.meta_path.insert(0, Only)
sys.path.append(folder)
sys.argv[0] = program
runpy.run_path(program, run_name="__main__")
"""


def allowed_modules():
    """Return what requirements.txt makes importable: the modules of its distributions, and nothing else."""
    pinned = {_normal(name) for name, _ in PINNED}
    return sorted(
        module for module, names in packages_distributions().items() if {_normal(name) for name in names} & pinned
    )


def _normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def bare(folder, *arguments, **environ):
    """Run the program where nothing can be imported but what requirements.txt names."""
    known = [str(Path(distribution("click").locate_file("")).resolve()), str(ROOT / "cli.py"), allowed_modules()]
    environment = process_environment(folder, **environ)
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        # Isolated, and without site-packages, so that no .pth file brings anything in.
        [sys.executable, "-I", "-S", "-c", BARE, json.dumps(known), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_pinned_requirement_is_installed_here():
    """Otherwise the tests below would forbid what users have."""
    for name, marker in PINNED:
        try:
            distribution(name)
        except PackageNotFoundError:
            assert marker, name


@pytest.mark.parametrize("forbidden", ["pytest", "hypothesis", "setuptools", "pip"])
def test_what_is_not_required_cannot_be_imported_there(forbidden):
    """The frame of the two tests below keeps the tools out."""
    assert forbidden not in allowed_modules()


def test_list_works_with_nothing_but_the_requirements(tmp_path):
    """As after `pip install -r requirements.txt` in a bare environment; reading and writing."""
    assert bare(tmp_path, "list") == ""
    assert bare(tmp_path, "open", "--title", "Bare", "--by", "amira").startswith("INC-1001")
    assert "Bare" in bare(tmp_path, "list")


def test_sync_works_with_nothing_but_the_requirements(tmp_path, datadog, settings):
    """The Datadog client is among them, with all that it needs."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    assert "Opened 1" in bare(tmp_path, "sync", **settings)
