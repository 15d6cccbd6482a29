"""The file itself: what is in it, what is refused, and what an interrupted write leaves behind."""

import gc
import json
import os
import stat

import pytest

from tests.builders import a_record, an_incident, of_records, opens, puts
from tocsin.domain.alert import Alert
from tocsin.domain.change import Record
from tocsin.domain.search import IncidentFilter
from tocsin.errors import DamagedFile, InvalidInput, NewerFormat, NotOurFile, StoreError
from tocsin.storage.image import ALERT_COUNT, ALERT_VERSION, RECORD_VERSION
from tocsin.storage.json_store import JsonStore
from tocsin.storage.line import sealed

EVERYTHING = IncidentFilter()


def refused(path, error, words):
    """Make sure that every use of the file is refused with ``error``, in one line, and leaves it as it is."""
    before = path.read_bytes()
    for use in (
        lambda store: store.find(EVERYTHING),
        lambda store: store.commit(opens(an_incident(2000))),
        lambda store: store.draw_numbers(1),
        lambda store: store.compact(),
        lambda store: store.remove(an_incident()),
    ):
        store = JsonStore(path)
        for _ in range(2):
            with pytest.raises(error, match=words) as caught:
                use(store)
            assert "\n" not in str(caught.value)
            assert str(path) in str(caught.value)
            assert caught.value.hint
    assert path.read_bytes() == before
    return caught.value


def test_what_a_line_leaves_out_is_what_the_models_take_it_for():
    """The store reads a line without the models, and must come to the same."""
    assert Alert.model_fields["version"].default == ALERT_VERSION
    assert Alert.model_fields["count"].default == ALERT_COUNT
    assert Record.model_fields["version"].default == RECORD_VERSION


def test_reading_makes_no_file(path):
    """A store that is only read leaves the folder as it was."""
    JsonStore(path).find(EVERYTHING)
    assert list(path.parent.iterdir()) == []


def test_the_file_is_for_its_owner_alone(path):
    """The file and its lock have mode 0600 whatever the umask, and after it was written anew too."""
    before = os.umask(0)
    try:
        store = JsonStore(path)
        store.commit(opens(an_incident()))
        modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
        store.compact()
    finally:
        os.umask(before)
    assert modes == {"incidents.json": 0o600, "incidents.json.lock": 0o600}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_first_line_names_format_version_and_generation(written):
    """The header says whose file it is; the generation is another one once the file was written anew."""
    first = json.loads(written.read_text().splitlines()[0])
    assert first["format"] == "tocsin-incidents"
    assert first["version"] == 2
    JsonStore(written).compact()
    assert json.loads(written.read_text().splitlines()[0])["generation"] != first["generation"]


def test_every_line_is_json_that_a_person_can_read(written):
    """Each line is an object that jq can select from: numbered, and with the models' own field names."""
    for _ in range(2):
        lines = [json.loads(line) for line in written.read_text().splitlines()]
        assert [line["n"] for line in lines[1:]] == list(range(2, len(lines) + 1))
        titles = [incident["title"] for line in lines for incident in line.get("incidents", [])]
        assert titles[-1] == "second"
        JsonStore(written).compact()


def test_a_change_is_one_line(written):
    """Everything that a change writes stands in one line, with its id and time."""
    change = json.loads(written.read_text().splitlines()[2])
    assert change["change"] == "alerts"
    assert change["at"] == "2026-03-02T12:00:00+00:00"
    assert [alert["key"] for alert in change["alerts"]] == ["7:a"]


def test_an_empty_file_is_a_new_store(path):
    """A file without a byte in it is nobody's: it is used."""
    path.touch()
    store = JsonStore(path)
    assert store.find(EVERYTHING).incidents == []
    store.commit(opens(an_incident()))
    assert JsonStore(path).incident("INC-1001") is not None


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"[]\n",
        b'{"format":"something"}\n',
        b'{"format":"tocsin-incidents"}\n',
        b'{"format":"tocsin-incidents","version":0,"generation":"a"}\n',
        b'{"format":"tocsin-incidents","version":1,"generation":"a"}',
        b'{"incidents": []}\n{"crc":"00000000","n":2}\n',
        b"\x00" * 5000,
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
        b"# notes\n\nnothing here\n",
        b"\n",
    ],
)
def test_a_file_of_something_else_is_refused_and_left_alone(path, content):
    """Other JSON, text, pictures and zeros raise NotOurFile, and not a byte of them changes."""
    path.write_bytes(content)
    refused(path, NotOurFile, "not an incidents file")


def test_a_newer_format_is_refused_and_left_alone(written):
    """A file of a later version raises NewerFormat and names both versions."""
    lines = written.read_bytes().splitlines(keepends=True)
    header = json.loads(lines[0]) | {"version": 7, "more": ["to", "know"]}
    written.write_bytes(b"".join([json.dumps(header).encode() + b"\n", *lines[1:]]))
    refused(written, NewerFormat, "format 7, and this one knows 2")


def test_any_byte_that_changed_in_any_line_is_found(written):
    """One flipped bit anywhere behind the header raises DamagedFile that names the line and the command."""
    content = written.read_bytes()
    lines = content.splitlines(keepends=True)
    place = len(lines[0])
    for number, line in enumerate(lines[1:], start=2):
        for offset in range(len(line)):
            last = number == len(lines) and offset == len(line) - 1
            spoiled = bytearray(content)
            spoiled[place + offset] ^= 1
            written.write_bytes(spoiled)
            store = JsonStore(written)
            if last:
                store.find(EVERYTHING)
                continue
            with pytest.raises(DamagedFile, match=f"line {number} ") as caught:
                store.find(EVERYTHING)
            assert caught.value.hint.endswith(f"python cli.py recover {written}")
        place += len(line)


@pytest.mark.parametrize(
    "spoil, number",
    [
        (lambda lines: [lines[0], *lines[2:]], 2),
        (lambda lines: [*lines[:3], *lines[4:]], 4),
        (lambda lines: [*lines[:3], lines[2], *lines[3:]], 4),
        (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], 2),
        (lambda lines: [*lines[:2], b"\n", *lines[2:]], 3),
        (lambda lines: [*lines[:2], b"\0" * 4096 + b"\n", *lines[2:]], 3),
        (lambda lines: [*lines[:2], lines[2][:-20], *lines[3:]], 3),
        (lambda lines: [*lines, b'{"crc":"00000000","n":6,"numbers":9}\n'], 6),
        (lambda lines: [*lines, b'{"crc":"00000000",\n'], 6),
        (lambda lines: [*lines, sealed(6, b'["no line"]')], 6),
        (lambda lines: [*lines, sealed(6, b'{"incidents":[{"id":"INC-1"}]}')], 6),
        (lambda lines: [*lines, sealed(6, b'{"alerts":[1]}')], 6),
        (lambda lines: [*lines, sealed(6, b'{"records":{"a":1}}')], 6),
        (lambda lines: [*lines, sealed(6, b'{"dossier":["INC-1001"],"incidents":[]}')], 6),
    ],
)
def test_damage_is_refused_and_left_alone(written, spoil, number):
    """Lines that are missing, doubled, swapped, cut or no lines of ours raise DamagedFile with the number of the line."""
    written.write_bytes(b"".join(spoil(written.read_bytes().splitlines(keepends=True))))
    refused(written, DamagedFile, f"line {number} ")


@pytest.mark.parametrize("spoil", [lambda first: b"", lambda first: first.replace(b"tocsin", b"tocsan")])
def test_a_damaged_header_before_lines_of_ours_is_damage(path, spoil):
    """A file whose first line is lost is still known as ours by its second, however long that is."""
    JsonStore(path).commit(opens(an_incident(description="x" * 100_000)))
    first, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([spoil(first), *rest]))
    written = path
    assert "recover" in refused(written, DamagedFile, "line 1 ").hint


def test_a_dossier_that_is_there_twice_is_damage(written):
    """A file that was written anew holds each incident once."""
    JsonStore(written).compact()
    lines = written.read_bytes().splitlines(keepends=True)
    body = b"{" + lines[1].partition(b'"n":2,')[2].rstrip(b"\n")
    written.write_bytes(b"".join([*lines, sealed(len(lines) + 1, body)]))
    refused(written, DamagedFile, f"line {len(lines) + 1} ")


def test_a_document_that_no_reader_understands_is_named(written):
    """A line that is whole but holds an unknown word spoils the reads of its own document only."""
    lines = len(written.read_bytes().splitlines())
    other = an_incident(1002).model_dump(mode="json") | {"severity": "purple"}
    with written.open("ab") as file:
        file.write(sealed(lines + 1, json.dumps({"incidents": [other]}).encode()))
        file.write(sealed(lines + 2, b'{"events":[{"incident_id":"INC-1001","version":2,"ordinal":0}]}'))
    store = JsonStore(written)
    assert store.incident("INC-1001").title == "second"
    with pytest.raises(DamagedFile, match=r"INC-1002.*severity"):
        store.incident("INC-1002")
    with pytest.raises(DamagedFile, match="an event of INC-1001"):
        store.timeline("INC-1001")


def test_a_last_line_that_was_cut_anywhere_is_as_if_it_had_never_been(written):
    """At every length of an interrupted write the file opens, is as before the write, and takes the next one."""
    content = written.read_bytes()
    whole = len(b"".join(content.splitlines(keepends=True)[:-1]))
    for length in range(whole, len(content)):
        written.write_bytes(content[:length])
        store = JsonStore(written)
        assert store.incident("INC-1001").title == "second"
        assert written.stat().st_size == length
        assert store.draw_numbers(1) == range(1001, 1002)
        assert JsonStore(written).draw_numbers(1) == range(1002, 1003)


@pytest.mark.parametrize("tail", [b"\0" * 5000, b'{"crc":"' + b"\0" * 100, b"\xff\xfe", b'{"crc":"0"'])
def test_what_a_power_cut_left_at_the_end_is_cut_off(written, tail):
    """Zeros or half a line behind the last newline are no damage, and the next write removes them."""
    content = written.read_bytes()
    written.write_bytes(content + tail)
    store = JsonStore(written)
    assert store.incident("INC-1001").title == "second"
    assert written.read_bytes() == content + tail
    store.commit(opens(an_incident(1002)))
    assert written.read_bytes().startswith(content)
    assert all(json.loads(line) for line in written.read_bytes().splitlines())
    assert len(JsonStore(written).find(EVERYTHING).incidents) == 2


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_is_refused(path, make):
    """A folder or a pipe in the file's place is neither waited for nor replaced."""
    make(path)
    for use in (lambda store: store.find(EVERYTHING), lambda store: store.commit(opens(an_incident()))):
        with pytest.raises(NotOurFile, match="not an incidents file"):
            use(JsonStore(path))
    assert not path.is_file()


@pytest.mark.parametrize("name", ["x" * 300, f"{'x' * 300}/incidents.json", "x" * 253])
def test_a_name_that_the_system_refuses_is_an_error(tmp_path, name):
    """A name that is too long, or is once the lock's ending is added, is said in one line."""
    with pytest.raises(StoreError, match="File name too long"):
        JsonStore(tmp_path / name).commit(opens(an_incident()))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    """What the system answers to an attempt to read is said in one line."""
    with pytest.raises(StoreError, match=r"could not be read: File name too long$"):
        JsonStore(tmp_path / ("x" * 300)).find(EVERYTHING)


def test_a_cursor_with_something_added_is_refused(path):
    """What decoding would pass over makes it another text than a page gave."""
    store = JsonStore(path)
    store.commit_many([opens(an_incident(1001)), opens(an_incident(1002))])
    with pytest.raises(InvalidInput, match="cursor"):
        store.find(EVERYTHING, cursor=f"{store.find(EVERYTHING, limit=1).cursor}!")


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    """Reading in a missing folder finds nothing; writing says which folder is missing, and makes none."""
    store = JsonStore(tmp_path / "missing" / "incidents.json")
    assert store.find(EVERYTHING).incidents == []
    with pytest.raises(StoreError, match=r"no folder .*missing"):
        store.commit(opens(an_incident()))
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_the_file_stays_a_link(written, tmp_path):
    """A store that is opened through a link rewrites the file behind it."""
    link = tmp_path / "elsewhere" / "link.json"
    link.parent.mkdir()
    link.symlink_to(written)
    store = JsonStore(link)
    store.compact()
    store.commit(opens(an_incident(1002)))
    assert link.is_symlink()
    assert store.path == written
    assert JsonStore(written).incident("INC-1002") is not None
    assert [one.name for one in link.parent.iterdir()] == ["link.json"]


@pytest.mark.parametrize(
    "incident", [{"title": "lone \udc80 surrogate"}, {"version": 2**70}], ids=["no Unicode", "a number too large"]
)
def test_what_json_cannot_hold_is_refused(written, incident):
    """Text that is no Unicode and numbers beyond 64 bits raise InvalidInput in one line, and nothing is written."""
    before = written.read_bytes()
    change = opens(an_incident(1002))
    write = change.incidents[0]
    spoiled = write.model_copy(update={"incident": write.incident.model_copy(update=incident)})
    with pytest.raises(InvalidInput, match=r"^change INC-1002[^\n]*$"):
        JsonStore(written).commit(change.model_copy(update={"incidents": (spoiled,)}))
    assert written.read_bytes() == before


@pytest.mark.parametrize("enabled", [True, False])
def test_opening_leaves_the_garbage_collector_as_it_was(written, enabled):
    """Loading suspends garbage collection only while it lasts, and does not turn on what was off."""
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        JsonStore(written).find(EVERYTHING)
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_only_the_latest_changes_without_incident_are_remembered(path):
    """A change of records is recognised while it is one of the last thousand, also after the file was written anew."""
    store = JsonStore(path)
    changes = [of_records(puts(a_record(version=number + 1)), change_id=f"c{number}") for number in range(1001)]
    store.commit_many(changes)
    store.compact()
    store = JsonStore(path)
    store.commit(changes[1])
    assert store.record("timer", "one").version == 1001
    store.commit(changes[0])
    assert store.record("timer", "one").version == 1
