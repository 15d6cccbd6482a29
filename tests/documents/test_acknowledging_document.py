"""docs/acknowledging.md tells the truth: its examples are run, and its figures are the code's."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.desk import NOON
from tests.documents.test_api_document import signed_in
from tests.entrypoints.serving import Serving
from tests.signing import RingInMemory
from tocsin.api.slack import ACTIONS
from tocsin.channels.slack_signature import WINDOW
from tocsin.channels.sms_text import fitted
from tocsin.config import Settings
from tocsin.domain.page import Page
from tocsin.entrypoints.page_addresses import MOST_BY_KEY, links_of
from tocsin.identity.signing_keys import SigningKeys
from tocsin.services.page_links import GOOD_FOR
from tocsin.services.paging.wording import with_link

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


@pytest.mark.parametrize("longest, room", [("https://tocsin.example.com", 72), ("https://".ljust(68, "a"), 30)])
def test_the_page_says_how_much_of_an_sms_a_link_takes(longest, room):
    """And from which address on it has none."""
    keys = SigningKeys(RingInMemory(), clock=lambda: NOON)
    said = {"incident_id": "INC-1042", "cycle": 1, "user": "0" * 32, "contact": "c", "channel": "sms"}
    page = Page.model_validate({"id": "p", "made_at": NOON, "not_before": NOON, **said})
    link = links_of(Settings(public_url=longest), keys)(page)
    assert len(fitted(with_link("w" * 200, link)).partition(" ")[0]) == room
    longer = links_of(Settings(public_url="https://".ljust(69, "a")), keys)(page)
    assert "https" not in fitted(with_link("w" * 200, longer))
    assert re.search(r"leaves 72 of the 160 .* fewer than 30 would .* more than 68 characters", TEXT, re.DOTALL)
