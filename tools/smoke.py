"""Tries what was deployed: `python tools/smoke.py STACK` (needs the AWS CLI).

It runs the sync and the pager as their schedules do, at the alias ``live``, and asks the API whether it is ready. It fails
unless the sweep and the round succeeded and the API is. Where ``PagerState`` is ``DISABLED`` it pages nobody.
"""

import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

TRIES = 5
"""Of the API: a new address may take some seconds to be known everywhere."""


def main(stack: str) -> int:
    """Print what was reported; return the exit status. All three are tried, whatever becomes of the others."""
    return max(run(f"{stack}-sync", judge), run_pager(stack), ask_api(api_url(stack)))


def run_pager(stack: str) -> int:
    """Run one round of the pager, unless it is to page nobody."""
    if described(stack, "Parameters[?ParameterKey==`PagerState`].ParameterValue") == "DISABLED":
        print("the pager is disabled, and was not tried")
        return 0
    return run(f"{stack}-pager", judge_round)


def run(function: str, judge: Callable[[dict[str, object], dict[str, object]], int]) -> int:
    """Run a function once, as its schedule does; print its report and return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        call = ["aws", "lambda", "invoke", "--function-name", function, "--qualifier", "live"]
        options = ["--payload", "{}", "--cli-binary-format", "raw-in-base64-out", "--cli-read-timeout", "120"]
        done = subprocess.run([*call, *options, str(file)], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            return done.returncode
        return judge(json.loads(done.stdout), json.loads(file.read_text(encoding="utf-8")))


def judge(answer: dict[str, object], report: dict[str, object]) -> int:
    """Say what Lambda answered and what the function reported; return 0 if it did its work, else 1."""
    return _judged(answer, report, wrong="the sweep was incomplete; the report says why", good=("complete", True))


def judge_round(answer: dict[str, object], report: dict[str, object]) -> int:
    """Say the same of a round of the pager, which does its work if it ends."""
    return _judged(answer, report, wrong="this is no answer of the pager", good=("batchItemFailures", []))


def _judged(answer: dict[str, object], report: dict[str, object], *, wrong: str, good: tuple[str, object]) -> int:
    print(json.dumps(report, indent=2, sort_keys=True))
    if "FunctionError" in answer:
        print(f"version {answer.get('ExecutedVersion')} failed: {report.get('errorMessage')}", file=sys.stderr)
        return 1
    name, value = good
    if report.get(name) != value:
        print(wrong, file=sys.stderr)
        return 1
    print(f"version {answer.get('ExecutedVersion')} works")
    return 0


def api_url(stack: str) -> str:
    """Return where the API of the stack is."""
    return described(stack, "Outputs[?OutputKey==`ApiUrl`].OutputValue")


def described(stack: str, what: str) -> str:
    """Return one value of the stack's description."""
    query = ["--query", f"Stacks[0].{what} | [0]", "--output", "text"]
    call = ["aws", "cloudformation", "describe-stacks", "--stack-name", stack, *query]
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
