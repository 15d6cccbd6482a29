"""What an answer says besides its status."""

import pytest

from tocsin.channels.answers import LONGEST_WAIT, code_in, retry_after, text_in
from tocsin.replies import Reply

DATE = "Mon, 02 Mar 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    "headers, seconds",
    [
        ({}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "86400"}, LONGEST_WAIT),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 40}, None),
        ({"retry-after": "Mon, 02 Mar 2026 12:00:30 GMT", "date": DATE}, 30.0),
        ({"retry-after": "Mon, 02 Mar 2026 11:00:00 GMT", "date": DATE}, 0.0),
        ({"retry-after": "Mon, 02 Mar 2026 12:00:30 GMT"}, None),
        ({"retry-after": "Mon, 02 Mar 2026 12:00:30", "date": DATE}, None),
    ],
)
def test_when_to_try_again_is_in_seconds_by_their_own_clock(headers, seconds):
    """A date counts from the date of the answer; nobody is believed beyond an hour, nor who says nothing."""
    assert retry_after(Reply(429, headers, b"")) == seconds


def test_only_what_looks_like_an_id_or_a_code_is_taken():
    """The rest might be what we had sent, or break a line of the log."""
    found = {"id": "SM-1", "number": 20429, "list": [], "long": "x" * 201, "line": "a\nb", "flag": True, "é": "é"}
    assert [text_in(found, name) for name in found] == ["SM-1", "20429", "", "", "", "", ""]
    assert [code_in(found, name) for name in ("number", "id", "long")] == ["20429", "", ""]
    assert code_in({"error": "channel_not_found"}, "error") == "channel_not_found"
