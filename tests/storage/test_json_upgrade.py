"""A file of an older format: read as it is, upgraded by the first write, with a copy kept."""

import pytest

from tests.builders import an_incident, follows, opens
from tocsin.errors import NewerFormat
from tocsin.storage.json_store import JsonStore
from tocsin.storage.line import VERSION, Format
from tocsin.storage.recovery import recover


def shouts(line):
    """Turn a line of the present version into one of an invented next one, in which titles are loud."""
    for incident in line.get("incidents", []):
        incident["title"] = incident["title"].upper()
    return line


def exclaims(line):
    """Turn a line of that version into one of another invented one."""
    for incident in line.get("incidents", []):
        incident["title"] += "!"
    return line


SECOND = Format(version=VERSION + 1, upgrades={VERSION: shouts})
THIRD = Format(version=VERSION + 2, upgrades={VERSION: shouts, VERSION + 1: exclaims})


@pytest.fixture
def old(tmp_path):
    """Return a file of the present version, half of it written anew."""
    path = tmp_path / "incidents.json"
    store = JsonStore(path)
    store.commit(opens(an_incident(1001, title="quiet")))
    store.compact()
    store.commit(opens(an_incident(1002, title="still")))
    return path


def titles(store):
    return [store.incident(one).title for one in ("INC-1001", "INC-1002")]


def test_an_older_file_is_read_and_left_as_it_is(old):
    """Reading upgrades in memory only; several versions are gone through in turn."""
    before = old.read_bytes()
    assert titles(JsonStore(old, file_format=SECOND)) == ["QUIET", "STILL"]
    assert titles(JsonStore(old, file_format=THIRD)) == ["QUIET!", "STILL!"]
    assert old.read_bytes() == before


@pytest.mark.parametrize(
    "write", [lambda store: store.commit(follows(an_incident(1002, title="next"))), lambda store: store.compact()]
)
def test_the_first_write_upgrades_the_file_and_keeps_a_copy(old, write):
    """After it the file is of the new version, and the old one stands beside it, byte for byte."""
    before = old.read_bytes()
    store = JsonStore(old, file_format=SECOND)
    write(store)
    after = titles(store)
    assert after[0] == "QUIET"
    copy = old.with_name(f"incidents.json.v{VERSION}.bak")
    assert copy.read_bytes() == before
    assert copy.stat().st_mode & 0o777 == 0o600
    store.commit(opens(an_incident(1003, title="as given")))
    again = JsonStore(old, file_format=SECOND)
    assert titles(again) == after
    assert again.incident("INC-1003").title == "as given"
    assert copy.read_bytes() == before
    with pytest.raises(NewerFormat):
        JsonStore(old).incident("INC-1001")
    assert titles(JsonStore(copy)) == ["quiet", "still"]


def test_a_program_of_the_older_version_that_is_still_running_stops(old):
    """A store that was open when another program upgraded the file refuses it from then on."""
    running = JsonStore(old)
    assert titles(running) == ["quiet", "still"]
    JsonStore(old, file_format=SECOND).compact()
    with pytest.raises(NewerFormat):
        running.commit(opens(an_incident(1004)))


def test_a_damaged_older_file_is_recovered_in_the_new_version(old):
    """Recovery upgrades what it saves."""
    lines = old.read_bytes().splitlines(keepends=True)
    old.write_bytes(b"".join([*lines[:1], b"nonsense\n", *lines[2:]]))
    report = recover(old, file_format=SECOND)
    assert report.incidents == 1
    assert JsonStore(report.target, file_format=SECOND).incident("INC-1002").title == "STILL"
