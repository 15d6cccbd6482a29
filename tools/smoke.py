"""Runs the deployed function once and reads its report: `python tools/smoke.py STACK` (needs the AWS CLI).

It runs what the schedule runs, the alias ``live``, and fails unless the sweep succeeded.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path


def main(stack: str) -> int:
    """Print what the run reported; return the exit status."""
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
