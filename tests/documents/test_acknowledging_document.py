"""docs/acknowledging.md tells the truth: its examples are run, and its figures are the code's."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.documents.test_api_document import signed_in
from tests.entrypoints.serving import Serving
from tocsin.api.slack import ACTIONS
from tocsin.channels.slack_signature import WINDOW
from tocsin.entrypoints.page_addresses import MOST_BY_KEY
from tocsin.services.page_links import GOOD_FOR

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "acknowledging.md").read_text(encoding="utf-8")
RUN = """
set -eu
curl() {{ command curl -sS --fail-with-body --max-time 30 "$@"; }}
{lines}
"""


def test_every_example_works(tmp_path):
    """Word for word, but for the address and the key."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here to run the examples of docs/acknowledging.md with")
    (block,) = re.findall(r"^```sh\n(API=.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    with Serving(tmp_path) as serving:
        signed_in(tmp_path)
        lines = block.replace("API=http://127.0.0.1:8080", f"API={serving.url}")
        lines = lines.replace("KEY=tocsin_...", f"KEY={serving.key}")
        done = subprocess.run(
            ["bash", "-c", RUN.format(lines=lines)], capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == '{"slack_users":["T0123456:U0123456"]}' * 2


def test_the_manifest_sends_presses_to_where_they_are_taken():
    """And asks for nothing but to write."""
    (shown,) = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    manifest = yaml.safe_load(shown)
    assert manifest["settings"]["interactivity"]["request_url"].endswith(f".com{ACTIONS}")
    assert manifest["oauth_config"]["scopes"] == {"bot": ["chat:write"]}


def test_its_figures_are_the_codes():
    """A day, five minutes, eight incidents."""
    assert (GOOD_FOR.days, GOOD_FOR.seconds) == (1, 0)
    assert WINDOW == 5 * 60
    assert MOST_BY_KEY == 8
    assert all(words in TEXT for words in ("good for a day", "older than five minutes", "more than eight"))
