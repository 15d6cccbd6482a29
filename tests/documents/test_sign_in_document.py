"""docs/sign-in.md tells the truth: its examples are run, on a server, in their order; its figures are the code's."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.entrypoints.serving import Serving, eventually
from tests.people import Box, token_in
from tocsin.clock import utc_now
from tocsin.domain.rules import Rules
from tocsin.identity.passwords import JUDGED
from tocsin.identity.signing_keys import KeyFile, SigningKeys
from tocsin.ids import random_id
from tocsin.services import attempts
from tocsin.services.auditing import AuditLog
from tocsin.services.courier import Post
from tocsin.services.due import LETTER
from tocsin.services.passwords import LONGEST, SHORTEST
from tocsin.services.tick import tick
from tocsin.services.tickets import Tickets
from tocsin.services.users import Users
from tocsin.storage.json_store import JsonStore

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "sign-in.md").read_text(encoding="utf-8").partition("## Passwords, recovery and signing up")[2]
TEXT = TEXT.partition("\n## ")[0]
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
RUN = """
set -eu
curl() {{ command curl -sS --fail-with-body --max-time 30 "$@"; }}
{lines}
declare -p API ACCESS 2>/dev/null >state || true
"""


def letters(folder):
    """Send what is due, as the server does every minute; return it."""
    box = Box()
    keys = SigningKeys(KeyFile(folder / "incidents.json.keys", new_secret=lambda: "x" * 43), clock=utc_now)
    store = JsonStore(folder / "incidents.json")
    known = {"clock": utc_now, "new_id": random_id}
    users = Users(store, AuditLog(store, **known), **known)
    post = Post(store, Tickets(store, keys, **known), users, box, **known)
    tick(store, Rules(), others={LETTER: post}, **known)
    store.close()
    return box.letters


def test_every_example_works(tmp_path):
    """Word for word, but for the address and the tokens, which are those that were shown and sent."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here to run the examples of docs/sign-in.md with")
    environ = {"SMTP_URL": "smtp://127.0.0.1:9", "MAIL_FROM": "ops@example.com", "SIGNUP_DOMAINS": "example.com"}
    with Serving(tmp_path, **environ) as serving:
        tokens = [eventually(lambda: re.search(r"tocsin_setup_\S+", serving.err))[0]]
        (tmp_path / "state").write_text("")
        for block in BLOCKS:
            if re.search(r"TOKEN=tocsin_(recover|verify)", block):
                tokens += [token_in(one) for one in letters(tmp_path)]
            token = tokens[-1]
            lines = re.sub(r"^TOKEN=tocsin_\w+_\.\.\.", f"TOKEN={token}", block, flags=re.MULTILINE)
            lines = lines.replace("API=http://127.0.0.1:8080", f"API={serving.url}")
            script = RUN.format(lines=f". ./state\n{lines}")
            done = subprocess.run(
                ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
            )
            assert done.returncode == 0, block + done.stdout + done.stderr
        for email, password in (
            ("ana@example.com", "copper lantern window"),
            ("bo@example.com", "silver meadow ladder"),
        ):
            body = {"email": email, "password": password}
            assert serving.ask("POST", "/api/v1/auth/login", body, authorization="").status == 200
        assert "tocsin_recover" not in serving.err
        assert not [one for one in tokens[1:] if one in serving.err]


def test_the_figures_are_those_of_the_code():
    """Limits, lengths, and what is judged."""
    rows = re.findall(r"^\| one .* \| (\d+) \| (\d+) s \|$", TEXT, re.MULTILINE)
    limits = (attempts.PAIR, attempts.ADDRESS, attempts.ACCOUNT)
    assert [(int(once), int(each)) for once, each in rows] == [
        (one.at_once, int(one.each.total_seconds())) for one in limits
    ]
    assert f"are {attempts.ASKED.at_once} from one address at once" in TEXT
    assert f"{SHORTEST} to {LONGEST} characters" in TEXT
    assert f"the first {JUDGED} characters" in TEXT
    assert f"within {attempts.KNOWN_FOR.days} days" in TEXT
