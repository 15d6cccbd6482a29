"""docs/contacts.md tells the truth: its examples are run, on a server, in their order; its figures are the code's."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.documents.test_api_document import signed_in
from tests.entrypoints.serving import Serving
from tests.reach import Kept, code_in, send_codes
from tocsin.clock import utc_now
from tocsin.domain.contact import WORDS, ChannelKind
from tocsin.entrypoints.reaching import reach_of
from tocsin.identity.signing_keys import KeyFile, SigningKeys
from tocsin.ids import random_id, random_secret
from tocsin.services import attempts, contact_records, verification
from tocsin.services.contacts import ONLY_ROOMS
from tocsin.storage.json_store import JsonStore

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "contacts.md").read_text(encoding="utf-8")
PLAIN = " ".join(TEXT.split())
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT.partition("\n## Over the API\n")[2], re.DOTALL | re.MULTILINE)
RUN = """
set -eu
curl() {{ command curl -sS --fail-with-body --max-time 30 "$@"; }}
{lines}
"""


def code_sent(folder):
    """Send what is due, as the tick does; return the code."""
    channel = Kept()
    keys = SigningKeys(KeyFile(folder / "incidents.json.keys", new_secret=random_secret), clock=utc_now)
    store = JsonStore(folder / "incidents.json")
    known = {"clock": utc_now, "new_id": random_id}
    channels = {kind: lambda: channel for kind in ChannelKind}
    send_codes(store, reach_of(store, keys, **known).contacts, keys, channels, **known)
    store.close()
    ((message, _),) = channel.sent
    return code_in(message)


def test_every_example_works(tmp_path):
    """Word for word, but for the address, the key, the token, and the code that came."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here to run the examples of docs/contacts.md with")
    with Serving(tmp_path) as serving:
        token = signed_in(tmp_path)[0]
        before = ""
        for block in BLOCKS:
            lines = block.replace("API=http://127.0.0.1:8080", f"API={serving.url}")
            lines = lines.replace("KEY=tocsin_...", f"KEY={serving.key}").replace("TOKEN=eyJ...", f"TOKEN={token}")
            if "CODE=123456" in lines:
                lines = lines.replace("CODE=123456", f"CODE={code_sent(tmp_path)}")
            script = RUN.format(lines=before + lines)
            done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, block + done.stdout + done.stderr
            before += "\n".join(line for line in lines.splitlines() if re.match(r"[A-Z]+=", line)) + "\n"
        assert serving.ask("GET", "/api/v1/rooms").json == {"rooms": []}


def test_every_kind_has_its_words_in_the_table():
    """The secret ones in bold, in their order."""
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (.*) \|$", TEXT, re.MULTILINE))
    said = {
        kind.value: ", ".join(
            (f"**`{word.name}`**" if word.secret else f"`{word.name}`") + ("" if word.required else " (optional)")
            for word in words
        )
        for kind, words in WORDS.items()
    }
    assert rows == said
    assert all(f"`{kind}`" in TEXT for kind in ONLY_ROOMS)


def test_the_figures_are_those_of_the_code():
    """Digits, tries, minutes, how many."""
    assert f"A code has {verification.DIGITS} digits" in TEXT
    assert f"good for {int(verification.GOOD_FOR.total_seconds() // 60)} minutes" in TEXT
    assert f"has {verification.MOST_TRIES} tries" in TEXT
    assert f"at most {verification.MOST_CODES} within an hour" in PLAIN
    assert f"and a person {attempts.CODES.at_once} and then one an hour" in PLAIN
    assert f"at most {contact_records.MOST_CONTACTS} ways" in PLAIN
    assert f"at most {contact_records.MOST_ROOMS} rooms" in PLAIN
