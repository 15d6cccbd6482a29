"""Anything that can POST JSON: what its fields become, and what is said of those that cannot be used."""

from datetime import timedelta

import pytest

from tests.sources.bodies import ABSENT, ARRIVED, BEGAN, changed, complaint, encoded, only, stamp
from tocsin.domain.alert import AlertState, Observation, Problem, Push, Source
from tocsin.errors import InvalidInput
from tocsin.sources.generic import MOST_AT_ONCE, parse
from tocsin.sources.naming import TagNames

FULL = {
    "title": "Nightly backup failed",
    "message": "pg_dump ended with status 1\nafter 14 s",
    "service": "database",
    "environment": "prod",
    "team": "storage",
    "severity": "P2",
    "labels": {"host": "db-1", "port": 5432},
    "key": "backup/db-1",
    "url": "https://ci.example.com/jobs/4711",
    "runbook": "https://wiki.example.com/backup",
    "timestamp": stamp(BEGAN),
    "expires_in": 3600,
}


def read(item: object, **how: object) -> Push:
    return parse(encoded(item), received_at=ARRIVED, **how)


def one(**changes: object) -> Observation:
    return only(read(changed(FULL, **changes)))


def wrong(**changes: object) -> str:
    return complaint(read(changed(FULL, **changes)))


def key_of(**fields: object) -> str:
    return only(read(fields)).key


def test_every_field_finds_its_place():
    """Nothing that was sent is lost."""
    seen = one()
    assert (seen.source, seen.state, seen.word) == (Source.GENERIC, AlertState.ALERT, "firing")
    assert (seen.key, seen.origin, seen.group) == ("default:backup/db-1", "backup/db-1", "*")
    assert (seen.title, seen.message) == ("Nightly backup failed", "pg_dump ended with status 1\nafter 14 s")
    assert (seen.service, seen.environment, seen.team) == ("database", "prod", "storage")
    assert seen.tags == ("host:db-1", "port:5432")
    assert (seen.severity_word, seen.expires_in) == ("P2", 3600.0)
    assert (seen.links.monitor, seen.links.runbook) == (FULL["url"], FULL["runbook"])
    assert (seen.observed_at, seen.sent_at, seen.resolved_at) == (BEGAN, ARRIVED, None)
    assert (seen.names_episodes, seen.provisional, seen.cycle_key) == (False, False, "")


def test_a_message_is_enough():
    """Its first line is the title, its time that of arrival; it never expires."""
    seen = only(read({"message": "\n  the disk is full  \nof logs"}))
    assert (seen.title, seen.observed_at, seen.expires_in) == ("the disk is full", ARRIVED, None)
    assert (seen.severity_word, seen.service, seen.tags) == ("", "", ())


def test_a_key_is_enough_to_resolve():
    """What is over is dated to when the sender says so."""
    seen = only(read({"key": "backup/db-1", "state": "Resolved", "timestamp": stamp(BEGAN)}))
    assert (seen.key, seen.state, seen.word, seen.title) == (
        "default:backup/db-1",
        AlertState.OK,
        "resolved",
        "backup/db-1",
    )
    assert seen.resolved_at == seen.observed_at == BEGAN


@pytest.mark.parametrize(
    "said, state",
    [
        ({"status": "resolved"}, AlertState.OK),
        ({"status": " Resolved"}, AlertState.OK),
        ({"status": "firing"}, AlertState.ALERT),
        ({"status": "resolved", "state": "firing"}, AlertState.ALERT),
        ({"status": "open"}, AlertState.ALERT),
        ({"status": 500}, AlertState.ALERT),
        ({"status": {"code": "resolved"}}, AlertState.ALERT),
    ],
)
def test_what_is_called_resolved_by_another_name_pages_nobody(said, state):
    """A status counts if it ends the alert, and there is no state."""
    assert one(**{"state": ABSENT, **said}).state is state


def test_without_a_key_the_same_is_the_same():
    """Known by service, environment, title or message, and labels; severity, links and times do not tell."""
    first = one(key=ABSENT)
    assert first.key.startswith("default:sha256:")
    again = one(
        key=ABSENT,
        severity="low",
        url=ABSENT,
        timestamp=ABSENT,
        message="other words",
        labels={"port": "5432", "host": "db-1"},
    )
    assert again.key == first.key
    assert one(key=ABSENT, state="resolved").key == first.key
    others = [{"service": "web"}, {"environment": "test"}, {"title": "Restore failed"}, {"labels": {"host": "db-2"}}]
    assert len({first.key, *(one(key=ABSENT, **other).key for other in others)}) == 5


def test_a_fingerprint_is_not_fooled_by_where_one_text_ends():
    """What moves from one field to the next is another alert."""
    assert key_of(service="a", environment="b", message="c") != key_of(service="ab", environment="", message="c")
    assert key_of(message="c", labels={"a": "b,c=d"}) != key_of(message="c", labels={"a": "b", "c": "d"})


def test_env_is_the_environment_too():
    """The longer name goes first; labels come after both."""
    assert one(environment=ABSENT, env="prod").key == one().key
    assert one(env="test").environment == "prod"
    assert one(environment=ABSENT, labels={"env": "qa"}).environment == "qa"
    assert key_of(message="m", env="prod") == key_of(message="m", environment="prod")


def test_labels_say_whose_it_is_where_the_fields_do_not():
    """By the usual names, or by those that the settings name."""
    labels = {"job": "cron", "environment": "prod", "team": "storage", "app": "backup", "stage": "live", "crew": "blue"}
    seen = only(read({"message": "m", "labels": labels}))
    assert (seen.service, seen.environment, seen.team) == ("cron", "prod", "storage")
    tags = TagNames(service="app", environment="stage", team="crew")
    seen = only(read({"message": "m", "labels": labels}, tags=tags))
    assert (seen.service, seen.environment, seen.team) == ("backup", "live", "blue")


def test_keys_live_in_the_name_space_of_their_sender():
    """One sender cannot name another's alert, whatever the name spaces and keys are called."""
    keys = {
        only(read({"key": key}, namespace=namespace)).key
        for namespace, key in [("a", "b:c"), ("a:b", "c"), ("a%3Ab", "c"), ("a", "b%3Ac"), ("b", "b:c")]
    }
    assert len(keys) == 5


def test_long_keys_are_hashed():
    """Every store can hold them, and what differs at their end differs."""
    keys = {key_of(key=f"{'ü' * 400}{end}") for end in "ab"}
    assert len(keys) == 2
    assert all(len(key.encode()) <= 512 and key.startswith("default:sha256:") for key in keys)


def test_a_runbook_is_found_in_labels_and_message_too():
    """As everywhere else."""
    assert one(runbook=ABSENT, labels={"runbook": "https://w/1"}).links.runbook == "https://w/1"
    assert one(runbook=ABSENT, labels={"runbook_url": "https://w/2"}).links.runbook == "https://w/2"
    assert one(runbook=ABSENT, message="Runbook: https://w/3 has more").links.runbook == "https://w/3"


def test_a_link_of_another_kind_is_left_out_and_the_alert_counts():
    """Whoever is woken must not click it, and must be woken."""
    seen = one(url="javascript:alert(1)", runbook="see the wiki")
    assert (seen.links.monitor, seen.links.runbook) == ("", "")


def test_texts_are_cut_and_cleaned():
    """NULs and halves of characters break stores; endless texts fill them."""
    seen = one(
        title="a\0b\ud800" + "x" * 5_000, message="y" * 50_000, service="s" * 5_000, labels={"l" * 300: "v" * 9_000}
    )
    assert seen.title.startswith("ab?x")
    assert (len(seen.title), len(seen.message), len(seen.service), len(seen.tags[0])) == (1_000, 8_000, 1_000, 250)


def test_a_time_ahead_is_not_believed():
    """The order of arrival stands in for it."""
    assert one(timestamp="9999-12-31T23:59:59Z").observed_at == ARRIVED
    assert one(timestamp=stamp(ARRIVED + timedelta(minutes=1))).observed_at == ARRIVED + timedelta(minutes=1)
    assert one(timestamp="0001-01-01T00:00:00Z").observed_at == ARRIVED


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"title": ABSENT, "message": ABSENT, "key": ABSENT}, "message: it is missing; an alert needs a message"),
        ({"title": " ", "message": "", "key": None}, "message: it is missing"),
        ({"title": 5}, "title: it is a number; it should be a text"),
        ({"message": ["a"]}, "message: it is a list"),
        ({"service": {}}, "service: it is an object"),
        ({"environment": ABSENT, "env": 1}, "env: it is a number"),
        ({"team": False}, "team: it is true or false"),
        ({"severity": 1}, "severity: it is a number; it should be a text"),
        ({"labels": ["a:b"]}, "labels: it is a list; it should be an object of texts"),
        ({"labels": {"a": {}}}, "labels.a: it is an object; it should be a text"),
        ({"key": 4711}, "key: it is a number"),
        ({"url": 1}, "url: it is a number"),
        ({"runbook": []}, "runbook: it is a list"),
        ({"timestamp": "2026-03-02T12:00:00"}, "timestamp: its time zone is missing"),
        ({"timestamp": "soon"}, "timestamp: this is no moment"),
        ({"timestamp": 1e30}, "timestamp: this is no number of seconds"),
        ({"timestamp": True}, "timestamp: it should be a moment"),
        ({"expires_in": 59}, "expires_in: it should be a number of seconds from 60 to 2592000"),
        ({"expires_in": 2_592_001}, "expires_in: it should be"),
        ({"expires_in": 1e300}, "expires_in: it should be"),
        ({"expires_in": "3600"}, "expires_in: it should be"),
        ({"expires_in": True}, "expires_in: it should be"),
        ({"state": ABSENT, "status": "OK"}, "status: 'OK' is neither firing nor resolved; did you mean resolved?"),
        ({"state": "ok"}, "state: 'ok' is neither firing nor resolved; did you mean resolved?"),
        ({"state": "ALERTING"}, "state: 'ALERTING' is neither firing nor resolved; did you mean firing?"),
        ({"state": "resolvd"}, "state: 'resolvd' is neither firing nor resolved; did you mean resolved?"),
        ({"state": "\x1b[31m" + "x" * 500}, "state: '\\x1b[31mxxx"),
        ({"state": 0}, "state: it is a number"),
    ],
)
def test_what_cannot_be_used_is_said_of_its_field(changes, says):
    """In a short line that begins with the field's name."""
    why = wrong(**changes)
    assert why.startswith(says)
    assert len(why) < 150


def test_a_number_beyond_all_numbers_is_no_number():
    """JSON can write it."""
    push = parse(b'{"message": "m", "expires_in": 1e400}', received_at=ARRIVED)
    assert complaint(push).startswith("expires_in: it should be")


def test_a_bad_item_holds_up_no_other():
    """Each stands at its place, so that the sender can tell which one it was."""
    push = read([FULL, {"key": "k", "state": "maybe"}, 5, {"message": "m"}])
    assert [type(item) for item in push.items] == [Observation, Problem, Problem, Observation]
    assert [item.origin for item in push.items[1:3]] == ["k", ""]
    assert push.items[2].why == "alert: it is a number; it should be an object"
    assert (push.source, push.received_at, push.truncated) == (Source.GENERIC, ARRIVED, 0)


def test_an_alertmanager_that_posts_here_is_told_where_to():
    """It is the likeliest mistake."""
    assert "/api/v1/webhooks/alertmanager" in complaint(read({"version": "4", "alerts": []}))


def test_what_nobody_asks_for_is_passed_over():
    """Also where it is nonsense."""
    assert one(host={"a": [1]}, priority=None, id=7) == one()


def test_five_hundred_at_once_and_no_more():
    """An empty list is fine: somebody had nothing to say."""
    assert read([]).items == []
    assert len(read([{"message": "m"}] * MOST_AT_ONCE).items) == 500
    with pytest.raises(InvalidInput, match="holds 501 alerts; at most 500") as refused:
        read([{"message": "m"}] * 501)
    assert refused.value.http_status == 422


@pytest.mark.parametrize("value", [None, 5, "x", True])
def test_a_body_that_is_neither_object_nor_list_is_refused(value):
    """As a whole."""
    with pytest.raises(InvalidInput, match=r"^the body: it is"):
        read(value)
