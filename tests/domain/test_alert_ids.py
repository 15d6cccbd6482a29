"""What an alert is called in addresses: its source and key, safe in a URL, and back again."""

import re

import pytest

from tests.builders import an_alert
from tocsin.domain.alert import LONGEST_KEY, Source, alert_id, named_by
from tocsin.errors import NotFound


@pytest.mark.parametrize("key", ["7:*", "prom:a6d89d8ccb00b22c", "", "a", "ä/ö?#%~ \n\U0001f514", "x" * LONGEST_KEY])
@pytest.mark.parametrize("source", list(Source))
def test_an_id_names_its_alert_and_needs_no_escaping(source, key):
    """Any key goes there and back; nothing in the id means anything in a URL."""
    name = alert_id(source, key)
    assert re.fullmatch(r"[a-z]+~[A-Za-z0-9_-]*", name)
    assert named_by(name) == (source, key)


def test_an_alert_says_its_id():
    """The row and whoever has only the key agree."""
    assert an_alert("7:host:a").id == alert_id(Source.DATADOG, "7:host:a")


@pytest.mark.parametrize(
    "name",
    ["", "datadog", "datadog~Nzoq=", "datadog~Nzo q", "datadog~Nzor~", "pigeon~Nzoq", "datadog~_w", "datadog~é", "~"],
)
def test_what_nobody_was_given_as_an_id_names_nothing(name):
    """One alert has one id: what only resembles it is not found."""
    with pytest.raises(NotFound):
        named_by(name)
