"""What looks for secrets finds them, whatever they are dressed in."""

import base64
import hashlib
import json
from urllib.parse import quote

import pytest

from tests.secrets_seen import Seen, nowhere

SECRET = 'pa"ss/wörd +1234 \n'


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        SECRET.encode(),
        {"password": SECRET},
        json.dumps({"password": SECRET}),
        f"/login?password={quote(SECRET, safe='')}",
        SECRET[::-1],
        SECRET.upper(),
        SECRET.encode().hex(),
        hashlib.sha256(SECRET.encode()).hexdigest(),
        *(base64.b64encode(f"{'u' * before}:{SECRET}".encode()).decode() for before in range(4)),
        *(base64.urlsafe_b64encode(f"{'u' * before}{SECRET}{'x' * 5}".encode()).decode() for before in range(4)),
    ],
)
def test_a_secret_is_found_in_every_dress(text):
    """And the failure does not show it."""
    with pytest.raises(AssertionError) as found:
        nowhere(text, password=SECRET)
    assert "password, " in str(found.value)
    assert SECRET not in str(found.value)


def test_what_is_no_secret_is_let_through():
    """Also where a secret is meant to be shown."""
    nowhere("there is nothing to be seen", password=SECRET)
    seen = Seen(password=SECRET)
    seen.add("shown once", SECRET, may_show=("password",))
    seen.nothing()
    seen.add("the log", f"x{SECRET}")
    assert seen.found == ["the log: password, as it is"]


def test_a_search_that_could_find_nothing_fails():
    """A test of nothing is none."""
    with pytest.raises(AssertionError, match="nothing was written"):
        Seen(password=SECRET).nothing()
    empty = Seen()
    empty.add("the log", "text")
    with pytest.raises(AssertionError, match="no secret"):
        empty.nothing()
    with pytest.raises(ValueError, match="too short"):
        Seen(password="short")
