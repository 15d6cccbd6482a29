"""A file of each kind that the tests of the JSON store begin with."""

import pytest

from tests.builders import after, an_alert, an_incident, claims, follows, of_alerts, opens
from tocsin.domain.change import AlertWrite
from tocsin.storage.json_store import JsonStore


@pytest.fixture
def path(tmp_path):
    return tmp_path / "incidents.json"


@pytest.fixture
def written(path):
    """Return a file of a header and four lines."""
    store = JsonStore(path)
    opened = opens(an_incident(), claims=[claims("datadog:7", "INC-1001")])
    store.commit(opened)
    store.commit(of_alerts(AlertWrite(alert=an_alert("7:a"))))
    store.commit(follows(after(opened), title="second"))
    store.draw_numbers(3)
    return path
