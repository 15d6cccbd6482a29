"""What the items of the table look like: keys that always fit, versions, texts that take little room, and none too large."""

import random
from base64 import b64encode

import orjson
import pytest

from tests import tables
from tests.builders import (
    NOON,
    a_record,
    after,
    an_alert,
    an_event,
    an_incident,
    at,
    claims,
    follows,
    of_alerts,
    of_records,
    opens,
    puts,
)
from tests.storage.transports import a_patient_store
from tocsin.domain.alert import Source
from tocsin.domain.change import MOST_ALERTS, AlertWrite, Change, IncidentWrite
from tocsin.domain.incident import Incident, Status
from tocsin.domain.search import IncidentFilter
from tocsin.errors import InvalidInput, NewerFormat, StoreError
from tocsin.storage.dynamodb_items import LARGEST, SCHEMA, Layout
from tocsin.storage.dynamodb_write import MOST_ACTIONS, actions_of, token

MARK = "\N{BELL}"


@pytest.fixture
def table(moto):
    """Return the name of an empty table in moto."""
    return tables.a_table(moto)


@pytest.fixture
def store(moto, table):
    """Return a store on it."""
    return a_patient_store(moto, table)


def at_key(client, table, pk, sk="#"):
    """Return the item under a key."""
    return client.get_item(TableName=table, Key={"pk": {"S": pk}, "sk": {"S": sk}}).get("Item")


def noise(length):
    """Return text that does not get shorter by deflating it."""
    return b64encode(random.Random(length).randbytes(length)).decode()[:length]


def test_items_stand_where_the_design_says(moto, table, store):
    """Keys and indexes are those of the table that is documented."""
    incident = an_incident(source=Source.DATADOG)
    row = an_alert("7:a", incident, expires_at=at(0.51))
    archived = an_alert("7:b", incident, episode=3)
    store.commit(
        opens(
            incident,
            alerts=[AlertWrite(alert=row, archive=archived)],
            claims=[claims("datadog:7", incident)],
            records=[puts(a_record("settle", due_at=at(5), expires_at=at(9)))],
        )
    )
    item = at_key(moto, table, "INC#INC-1001")
    assert item["list_pk"] == {"S": "ACTIVE"}
    assert item["list_sk"] == {"S": "2026-03-02T12:00:00.000000+00:00#000000000000001001#INC-1001"}
    assert item["version"] == {"N": "0"}
    assert item["schema"] == {"N": str(SCHEMA)}
    assert orjson.loads(item["doc"]["S"])["title"] == incident.title
    assert at_key(moto, table, "INC#INC-1001", "EV#0000000000.0000")
    assert at_key(moto, table, "INC#INC-1001", "AL#datadog#7:b#000003")
    assert at_key(moto, table, "ALERT#datadog", "7:a")["expires_at"] == {"N": str(int(NOON.timestamp()) + 31)}
    assert at_key(moto, table, "OPEN#datadog:7")["incident_id"] == {"S": "INC-1001"}
    record = at_key(moto, table, "REC#timer", "settle")
    assert record["due_pk"]["S"].startswith("DUE#")
    assert record["due_sk"] == {"S": "2026-03-02T12:05:00.000000+00:00#timer#settle"}
    assert record["expires_at"] == {"N": str(int(NOON.timestamp()) + 540)}


def test_an_incident_moves_in_the_list_when_it_is_not_active_any_more(moto, table, store):
    """It leaves the active ones for the month in which it was opened."""
    opened = opens(an_incident())
    store.commit(opened)
    store.commit(follows(after(opened), status=Status.RESOLVED))
    assert at_key(moto, table, "INC#INC-1001")["list_pk"] == {"S": "CLOSED#2026-03"}
    assert at_key(moto, table, "STORE", "months")["months"] == {"SS": ["2026-03"]}


def test_a_record_that_is_not_due_any_more_leaves_the_index(moto, table, store):
    """What a record does not have any more, its item does not have either."""
    store.commit(of_records(puts(a_record(due_at=at(1), expires_at=at(2))), change_id="1"))
    store.commit(of_records(puts(a_record()), change_id="2"))
    assert not {"due_pk", "due_sk", "expires_at"} & set(at_key(moto, table, "REC#timer", "one"))


@pytest.mark.parametrize("name", ["", "x" * 5_000, "ü" * 600, "a b/c#d\n"])
def test_any_name_makes_a_key(store, name):
    """Keys that DynamoDB would refuse, since they are empty or too long, are hashed; what is read back is unchanged."""
    row = an_alert(key=name) if name else an_alert().model_copy(update={"key": ""})
    record = a_record(name, kind=name, due_at=at(1))
    incident = an_incident().model_copy(update={"id": name})
    store.commit(
        opens(
            incident,
            change_id="named",
            alerts=[AlertWrite(alert=row, archive=row)],
            claims=[claims(name, incident)],
            records=[puts(record)],
        )
    )
    assert list(store.alerts(Source.DATADOG)) == [row]
    assert store.record(name, name) == record
    assert list(store.due(at(1))) == [record]
    assert store.claims([name])[name].incident_id == name
    assert store.incident(name) == incident
    assert store.find(IncidentFilter()).incidents == [incident]
    assert len(store.timeline(name)) == 1
    store.remove(incident)
    assert store.incident(name) is None
    assert list(store.timeline(name)) == []


def test_long_texts_take_little_room(moto, table, store):
    """A document of more than a few hundred bytes is deflated, and reads back as it was."""
    incident = an_incident(description="The service answers too late. " * 400)
    store.commit(opens(incident))
    assert len(at_key(moto, table, "INC#INC-1001")["doc"]["B"]) < 1_000
    assert store.incident(incident.id) == incident


def test_no_item_is_too_large_for_the_table(store):
    """What not even deflated fits is refused in one line, before anything is written."""
    with pytest.raises(InvalidInput, match=r"^INC#INC-1001 / # takes 5\d\d,\d\d\d bytes"):
        store.commit(opens(an_incident(description=noise(700_000))))
    with pytest.raises(InvalidInput, match="REC#timer / one"):
        store.commit(of_records(puts(a_record(body={"much": noise(700_000)}))))
    assert store.find(IncidentFilter()).incidents == []


def test_the_largest_item_is_as_large_as_dynamodb_says(ministack):
    """What the store lets pass, the table takes: up to 400 KB, names and keys included."""
    store = tables.a_store(ministack)
    taken = []
    for number, length in enumerate(range(510_000, 570_000, 5_000)):
        incident = an_incident(1000 + number, description=noise(length))
        try:
            store.commit(opens(incident))
        except InvalidInput:
            continue
        taken.append(length)
        assert store.incident(incident.id) == incident
    assert 0 < len(taken) < 12
    assert LARGEST == 400 * 1024


def test_what_json_cannot_hold_is_refused(store):
    """Half a surrogate pair is no text: the change is refused in one line."""
    with pytest.raises(InvalidInput, match=r"^[^\n]+$"):
        store.commit(opens(an_incident(title="x").model_copy(update={"title": "\ud800"})))


def the_largest_change():
    """Build a change with as many parts as a change may have, and as many events as the domain ever writes."""
    incidents = [an_incident(1001, version=1), an_incident(1002, version=1)]
    rows = [an_alert(f"{'7' * 400}:{number}", incidents[0]) for number in range(MOST_ALERTS)]
    events = [an_event(one, ordinal=number) for one in incidents for number in range(12)]
    return Change(
        id="largest",
        at=NOON,
        incidents=tuple(IncidentWrite(incident=one) for one in incidents),
        alerts=tuple(AlertWrite(alert=row, archive=row) for row in rows),
        events=(events[0].model_copy(update={"change_id": "largest"}), *events[1:]),
        claims=(claims("a", "INC-1001"), claims("b", "INC-1002")),
        records=tuple(puts(a_record(str(number), due_at=at(1))) for number in range(6)),
    )


def test_the_largest_change_is_one_transaction(ministack):
    """40 alerts with 40 archived episodes, two incidents with a dozen events each, claims and timers: under 100 actions."""
    store = tables.a_store(ministack)
    change = the_largest_change()
    assert len(actions_of("t", Layout(), change)) == 2 + 2 + 80 + 2 + 6
    store.commit(change)
    assert [len(store.timeline(one)) for one in ("INC-1001", "INC-1002")] == [12, 12]
    assert len(store.alerts_of("INC-1001")) == MOST_ALERTS
    store.commit(change)
    assert [len(store.timeline(one)) for one in ("INC-1001", "INC-1002")] == [12, 12]


def test_a_change_that_no_transaction_holds_is_refused(store):
    """More than 100 actions are refused in one line, and nothing is written."""
    many = of_records(*(puts(a_record(str(number))) for number in range(MOST_ACTIONS + 1)))
    with pytest.raises(InvalidInput, match="101 actions"):
        store.commit(many)
    assert store.record("timer", "0") is None


def test_tokens_are_short_and_tell_changes_and_tables_apart():
    """A request token has at most 36 characters and follows from the table and the change's id."""
    first, second = of_records(change_id="a" * 100), of_records(change_id="b")
    found = {token("t", first), token("t", second), token("u", first)}
    assert len(found) == 3
    assert all(len(one) == 36 for one in found)
    assert token("t", first) == token("t", first.model_copy())


def older(moto, table, **options):
    """Return a store that writes the version before, whose incidents called the title another name."""

    def upgrade(pk, document):
        if pk.startswith("INC#") and "name" in document:
            document["title"] = document.pop("name")
        if "by" in document:
            document["text"] = f"{document.get('text', '')} ({MARK})"
        return document

    return a_patient_store(moto, table, layout=Layout(version=SCHEMA + 1, upgrades={SCHEMA: upgrade}), **options)


def test_items_of_the_version_before_are_read(moto, table, store):
    """A newer program reads what an older one wrote, events in packs included, and writes its own version over it."""
    change = opens(an_incident())
    store.commit(change.model_copy(update={"events": (change.events[0].model_copy(update={"by": "ada"}),)}))
    item = at_key(moto, table, "INC#INC-1001")
    document = orjson.loads(item["doc"]["S"])
    document["name"] = document.pop("title")
    moto.put_item(TableName=table, Item={**item, "doc": {"S": orjson.dumps(document).decode()}})
    newer = older(moto, table)
    assert newer.incident("INC-1001") == after(change)
    assert newer.timeline("INC-1001")[0].text.endswith(f"({MARK})")
    assert newer.find(IncidentFilter()).incidents == [after(change)]
    newer.commit(follows(after(change)))
    assert at_key(moto, table, "INC#INC-1001")["schema"] == {"N": str(SCHEMA + 1)}


def test_items_of_a_newer_version_are_left_alone(moto, table, store):
    """An older program says that it is older, and what to do."""
    older(moto, table).commit(opens(an_incident()))
    with pytest.raises(NewerFormat, match=f"schema {SCHEMA + 1}, and this one knows {SCHEMA}") as raised:
        store.incident("INC-1001")
    assert "update" in raised.value.hint


def test_a_version_that_is_too_old_is_not_guessed_at(moto, table, store):
    """Only the version before the present one is read."""
    store.commit(opens(an_incident()))
    far = Layout(version=SCHEMA + 2, upgrades={SCHEMA + 1: lambda pk, one: one})
    with pytest.raises(StoreError, match="INC#INC-1001"):
        a_patient_store(moto, table, layout=far).incident("INC-1001")


@pytest.mark.parametrize(
    "spoilt",
    [
        {"doc": {"S": "{"}},
        {"doc": {"S": "{}"}},
        {"doc": {"B": b"no deflated text"}},
        {"doc": {"N": "1"}},
        {"schema": {"S": "one"}},
    ],
    ids=str,
)
def test_an_item_that_nobody_wrote_like_that_is_named(moto, table, store, spoilt):
    """Somebody's hands were in the table: one line says which item, and nothing is guessed."""
    store.commit(opens(an_incident()))
    moto.put_item(TableName=table, Item={**at_key(moto, table, "INC#INC-1001"), **spoilt})
    with pytest.raises(StoreError, match=r"INC#INC-1001 / #[^\n]*$"):
        store.incident("INC-1001")


@pytest.mark.parametrize("document", ["[{}]", '{"kind":"opened"}', "7", "{"])
def test_events_that_nobody_wrote_like_that_are_named(moto, table, store, document):
    """So with the items that hold events."""
    store.commit(opens(an_incident()))
    item = at_key(moto, table, "INC#INC-1001", "EV#0000000000.0000")
    moto.put_item(TableName=table, Item={**item, "doc": {"S": document}})
    with pytest.raises(StoreError, match=r"EV#0000000000\.0000[^\n]*$"):
        store.timeline("INC-1001")


def test_a_model_of_the_program_itself_is_what_is_read(store):
    """Reads return the domain's frozen models."""
    store.commit(of_alerts(AlertWrite(alert=an_alert())))
    store.commit(opens(an_incident()))
    assert type(store.incident("INC-1001")) is Incident
