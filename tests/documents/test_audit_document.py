"""docs/audit.md tells the truth: every action is in it, and its example verifies what the program exports."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chains import Forger, a_log
from tests.fakes import MemoryStore
from tocsin.domain.audit import AuditAction

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def run(store):
    """Run the example on an export."""
    export = "".join(f"{entry.line()}\n" for entry in a_log(store).entries())
    return subprocess.run([sys.executable, "-c", EXAMPLE], input=export, capture_output=True, text=True, check=False)


def test_every_action_is_documented():
    """And none that there is not."""
    rows = re.findall(r"^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \|", TEXT, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)} == {one.value for one in AuditAction}


@pytest.fixture
def store():
    """Return a store with a log in which there is more than ASCII."""
    made = MemoryStore()
    log = a_log(made, 5)
    entry = Forger(made).entry(5)
    Forger(made).put(
        "000000000005", entry.model_copy(update={"actor": "Zoë 🦊", "details": {"a": 1.5}}).sealed().document()
    )
    Forger(made).head(5)
    assert log.verify().broken is None
    return made


def test_the_example_verifies_an_export(store):
    """It comes to the same entry as the program."""
    assert run(store).stdout == f"{a_log(store).head()}\n"


def test_the_example_finds_where_a_chain_breaks(store):
    """As the program does."""
    Forger(store).change(3, actor="nobody")
    assert run(store).stderr == "the chain breaks at entry 3\n"
