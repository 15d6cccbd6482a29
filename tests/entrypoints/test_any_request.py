"""Whatever is asked, in whatever order: no fault of ours, and no answer that the OpenAPI document does not have."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.entrypoints.serving import Serving
from tocsin.api.routes import ROUTES

pytestmark = pytest.mark.fuzz

SECONDS = 60
"""For each of what Schemathesis does: examples, edge cases, random requests, and requests that follow from others."""

NOT_LOOKED_AT = "positive_data_acceptance"
"""What fits a schema is refused all the same where a state or a moment forbids it."""


def test_every_answer_is_a_documented_one(tmp_path):
    """Schemathesis makes requests from the document and judges the answers by it, those that need no key included."""
    program = os.environ.get("SCHEMATHESIS")
    if not program:
        pytest.skip("Schemathesis is started by 'make integration' alone")
    with Serving(tmp_path, REQUESTS_PER_SECOND="0") as serving:
        options = ["--checks", "all", "--exclude-checks", NOT_LOOKED_AT, "--max-time", str(SECONDS), "--workers", "1"]
        done = subprocess.run(
            [
                str(Path(program).absolute()),
                "run",
                f"{serving.url}/api/v1/openapi.json",
                "--header",
                f"Authorization: Bearer {serving.key}",
                *options,
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=SECONDS * 5,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-8_000:]
        assert "Traceback" not in serving.err
    assert f"Tested: {len([one for one in ROUTES if one.shown])}" in done.stdout
