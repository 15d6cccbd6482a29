"""Puts into a folder what runs on Lambda, and nothing else: `python tools/ship.py FOLDER`.

The wheels are those of Lambda (arm64, Python 3.13) whatever this machine is; with ``--python PATH`` they are those of
that interpreter on this machine, so that the very same folder can be imported and weighed here.

Everything is compiled to bytecode that is never checked against its source: Lambda's folder cannot be written to, and
a time stamp that the way there changed would make every cold start compile everything again.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSION = "3.13"
PLATFORMS = ("manylinux_2_34_aarch64", "manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
"""Of the best fit first. Amazon Linux 2023, which Python 3.13 runs on there, has glibc 2.34."""
ON_LAMBDA = "/var/task"

SERVICES = frozenset({"dynamodb", "secretsmanager", "sesv2", "sns", "ssm", "sts"})
"""The services that botocore keeps its descriptions of: 28 MB of them are of others."""
NOT_RUN = (
    "bin",  # console scripts
    "datadog_api_client/v2",  # 41 MB; the monitors are in v1
    "tocsin/demo",  # the simulated Datadog
    "tocsin/entrypoints/commands",  # the command line
    "waitress",  # the server of the local API
    "apprise/assets",  # pictures
    "apprise/i18n/*/",  # its messages in other languages
    "yaml/_yaml*.so",  # 2.5 MB; PyYAML works without
    "*.dist-info/RECORD",  # what pip needs to uninstall; licences and metadata stay
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
    "*.dist-info/WHEEL",
    "*/tests",
    "**/*.pyi",
    "**/py.typed",
    "**/__pycache__",
)


def main(arguments: list[str] | None = None) -> int:
    """Fill the folder anew; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--python", type=Path, help="build for this interpreter and this machine, not for Lambda")
    parser.add_argument("--which", action="store_true", help=f"only print which Python {VERSION} would compile")
    given = parser.parse_args(arguments)
    interpreter = given.python or python_of_lambda()
    if given.which:
        print(interpreter or "")
        return 0
    if given.folder is None:
        parser.error("name the folder to fill")
    if interpreter is None:
        print(f"Python {VERSION} is needed to compile for Lambda: put python{VERSION} on the PATH", file=sys.stderr)
        return 1
    folder = given.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    install(folder, interpreter if given.python else None)
    copy_own(folder)
    trim(folder)
    compile_all(folder, interpreter)
    return 0


def python_of_lambda() -> Path | None:
    """Return a Python of Lambda's version that runs, from the PATH or from pyenv; None if there is none."""
    found = [Path(sys.executable)] if sys.version_info[:2] == tuple(map(int, VERSION.split("."))) else []
    on_path = shutil.which(f"python{VERSION}")
    found += [Path(on_path)] if on_path else []
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found += sorted(pyenv.glob(f"versions/{VERSION}*/bin/python{VERSION}"), reverse=True)
    # pyenv puts a script on the PATH even for versions that are switched off.
    return next((one for one in found if _runs(one)), None)


def _runs(interpreter: Path) -> bool:
    return subprocess.run([interpreter, "-c", ""], capture_output=True, check=False).returncode == 0


def install(folder: Path, interpreter: Path | None) -> None:
    """Install the pinned requirements, for Lambda or for an interpreter here; wheels only, nothing is built."""
    if interpreter is None:
        target = ["--implementation", "cp", "--python-version", VERSION]
        target += [word for platform in PLATFORMS for word in ("--platform", platform)]
    else:
        asked = "import sys; print('%d.%d' % sys.version_info[:2])"
        answer = subprocess.run([interpreter, "-c", asked], capture_output=True, text=True, check=True)
        target = ["--python-version", answer.stdout.strip()]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    # The pins are complete; without dependencies pip does not weigh them against this machine either.
    wanted = ["--no-deps", "--no-compile", "--only-binary=:all:", "--requirement", str(ROOT / "requirements.txt")]
    subprocess.run([*pip, *target, "--target", str(folder), *wanted], check=True)


def copy_own(folder: Path) -> None:
    """Copy our own code, and the severity rules if somebody keeps some in ``severities.toml``."""
    shutil.copytree(ROOT / "src" / "tocsin", folder / "tocsin")
    for name in ("lambda_function.py", "severities.toml"):
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, folder)


def trim(folder: Path) -> None:
    """Take out what never runs there."""
    described = [path for path in (folder / "botocore" / "data").iterdir() if path.is_dir()]
    surplus = [path for path in described if path.name not in SERVICES]
    surplus += [path for pattern in NOT_RUN for path in folder.glob(pattern)]
    for path in surplus:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def compile_all(folder: Path, interpreter: Path) -> None:
    """Write bytecode that is taken unchecked, and that names its files as they are called on Lambda."""
    # Warnings about the code of others would hide what matters.
    command = [str(interpreter), "-W", "ignore", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, "-s", str(folder), "-p", ON_LAMBDA, str(folder)], check=True)


if __name__ == "__main__":
    sys.exit(main())
