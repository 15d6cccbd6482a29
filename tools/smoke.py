"""Tries what was deployed: `python tools/smoke.py STACK` (needs the AWS CLI).

It runs the sync as the schedule does, at the alias ``live``, and asks the API whether it is ready. It fails unless the
sweep succeeded and the API is.
"""

import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

TRIES = 5
"""Of the API: a new address may take some seconds to be known everywhere."""


def main(stack: str) -> int:
    """Print what was reported; return the exit status."""
    return run_sync(stack) or ask_api(api_url(stack))


def run_sync(stack: str) -> int:
    """Run the sync once; print its report and return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        call = ["aws", "lambda", "invoke", "--function-name", f"{stack}-sync", "--qualifier", "live"]
        options = ["--payload", "{}", "--cli-binary-format", "raw-in-base64-out", "--cli-read-timeout", "60"]
        done = subprocess.run([*call, *options, str(file)], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            return done.returncode
        return judge(json.loads(done.stdout), json.loads(file.read_text(encoding="utf-8")))


def judge(answer: dict[str, object], report: dict[str, object]) -> int:
    """Say what Lambda answered and what the function reported; return 0 if it did its work, else 1."""
    print(json.dumps(report, indent=2, sort_keys=True))
    if "FunctionError" in answer:
        print(f"version {answer.get('ExecutedVersion')} failed: {report.get('errorMessage')}", file=sys.stderr)
        return 1
    if report.get("complete") is not True:
        print("the sweep was incomplete; the report says why", file=sys.stderr)
        return 1
    print(f"version {answer.get('ExecutedVersion')} works")
    return 0


def api_url(stack: str) -> str:
    """Return where the API of the stack is."""
    query = "Stacks[0].Outputs[?OutputKey==`ApiUrl`].OutputValue | [0]"
    call = ["aws", "cloudformation", "describe-stacks", "--stack-name", stack, "--query", query, "--output", "text"]
    return subprocess.run(call, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def ask_api(url: str, *, pause: float = 3.0) -> int:
    """Ask whether the API is ready; print what it says and return 0 if it is, else 1."""
    said = ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(pause)
        try:
            with urllib.request.urlopen(f"{url}/health/ready", timeout=30) as answer:
                print(answer.read().decode())
                return 0
        except urllib.error.HTTPError as error:
            said = f"{error.code} {error.read().decode(errors='replace')[:1000]}"
        except OSError as error:
            said = str(error)
    print(f"the API at {url} is not ready: {said}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
