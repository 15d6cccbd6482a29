"""docs/sign-in.md: its sets of settings can be set, and every refusal is explained."""

import re
from pathlib import Path

import pytest

from tocsin.config import Settings
from tocsin.domain.external import Refusal
from tocsin.variables import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "sign-in.md").read_text(encoding="utf-8").partition("\n## External sign-in\n")[2]
SETS = re.findall(r"^```ini\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("number", range(len(SETS)))
def test_every_set_of_settings_is_accepted(tmp_path, number):
    """Word for word, as the lines of a file."""
    dotenv = tmp_path / ".env"
    dotenv.write_text(SETS[number])
    assert Settings.read({}, dotenv).oidc_roles


def test_every_setting_that_is_named_is_one():
    """What was renamed goes from the page too."""
    assert set(re.findall(r"\bOIDC_[A-Z_]+", TEXT)) <= {one.name for one in VARIABLES}


def test_every_reason_of_the_log_is_explained():
    """And none that there is not."""
    told = set(re.findall(r"^\| `([a-z_]+)` \|", TEXT, re.MULTILINE)) - {"why"}
    assert told == {refusal.value for refusal in Refusal} | {"nonce"}
