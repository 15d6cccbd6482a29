"""What every store promises of reads: order, filters, pages, and everything that belongs to an incident."""

from itertools import chain

import pytest

from tests.builders import (
    a_change,
    a_record,
    after,
    an_alert,
    an_event,
    an_incident,
    at,
    claims,
    drops,
    follows,
    of_alerts,
    of_records,
    opens,
    puts,
)
from tocsin.domain.alert import Source
from tocsin.domain.change import AlertWrite
from tocsin.domain.incident import Status
from tocsin.domain.search import ACTIVE, IncidentFilter
from tocsin.domain.severity import Severity
from tocsin.errors import InvalidInput
from tocsin.storage.store import MOST_EXAMINED

EVERYTHING = IncidentFilter()


def ids(page):
    return [incident.id for incident in page.incidents]


def all_pages(store, wanted, limit):
    """Return the ids of each page of a list, to its end."""
    pages, cursor = [], ""
    while True:
        page = store.find(wanted, limit=limit, cursor=cursor)
        pages.append(ids(page))
        cursor = page.cursor
        if not cursor:
            return pages


def test_an_empty_store_answers(any_store):
    """A store that was never written to has nothing, and says so without an error."""
    assert any_store.incident("INC-1") is None
    assert any_store.incidents(["INC-1"]) == {}
    assert any_store.find(EVERYTHING) == ([], "")
    assert list(any_store.timeline("INC-1")) == []
    assert list(any_store.alerts(Source.DATADOG)) == []
    assert list(any_store.alerts_of("INC-1")) == []
    assert any_store.claims(["k"]) == {}
    assert any_store.record("timer", "one") is None
    assert list(any_store.due(at(0))) == []


def test_a_list_is_newest_first_and_ties_go_to_the_higher_number(any_store):
    """Order is by opening, then by number, not by the letters of the id."""
    for number, minutes in ((998, 0), (1002, 5), (1001, 5), (10_000, 5), (1003, 2), (1004, 0.5)):
        any_store.commit(opens(an_incident(number, opened_at=at(minutes))))
    any_store.commit(opens(an_incident(id="by-hand", opened_at=at(2))))
    assert ids(any_store.find(EVERYTHING)) == [
        "INC-10000",
        "INC-1002",
        "INC-1001",
        "INC-1003",
        "by-hand",
        "INC-1004",
        "INC-998",
    ]


def test_pages_follow_each_other_without_gap_or_overlap(any_store):
    """Every page holds up to the limit; the last has no cursor, and an empty list none either."""
    any_store.commit_many([opens(an_incident(1000 + number, opened_at=at(number // 3))) for number in range(10)])
    assert [len(page) for page in all_pages(any_store, EVERYTHING, 4)] == [4, 4, 2]
    assert [len(page) for page in all_pages(any_store, EVERYTHING, 5)] == [5, 5]
    assert list(chain(*all_pages(any_store, EVERYTHING, 3))) == ids(any_store.find(EVERYTHING))


def test_a_page_goes_on_where_the_last_one_ended_whatever_happens_meanwhile(any_store):
    """A cursor stays good when incidents are opened and removed between two pages."""
    any_store.commit_many([opens(an_incident(1000 + number, opened_at=at(number))) for number in range(6)])
    first = any_store.find(EVERYTHING, limit=2)
    any_store.commit(opens(an_incident(2000, opened_at=at(60))))
    any_store.remove(first.incidents[-1])
    assert ids(any_store.find(EVERYTHING, limit=2, cursor=first.cursor)) == ["INC-1003", "INC-1002"]


@pytest.mark.parametrize("cursor", ["nonsense", "ëë", "bnVsbA==", "WzEsMiwzXQ==", "WyJ4IiwyLDNd", "W10="])
def test_a_cursor_that_no_page_gave_is_refused(any_store, cursor):
    """An invented cursor raises InvalidInput."""
    any_store.commit(opens(an_incident()))
    with pytest.raises(InvalidInput, match="cursor"):
        any_store.find(EVERYTHING, cursor=cursor)


def test_a_cursor_that_was_cut_is_refused(any_store):
    """A cursor that lost its end raises InvalidInput instead of showing another page."""
    any_store.commit_many([opens(an_incident(1001)), opens(an_incident(1002))])
    cursor = any_store.find(EVERYTHING, limit=1).cursor
    with pytest.raises(InvalidInput, match="cursor"):
        any_store.find(EVERYTHING, cursor=cursor[: len(cursor) // 2])


@pytest.mark.parametrize("limit", [0, -1])
def test_a_list_of_less_than_one_is_refused(any_store, limit):
    """A limit below one raises InvalidInput."""
    with pytest.raises(InvalidInput):
        any_store.find(EVERYTHING, limit=limit)


@pytest.mark.parametrize("count", [0, -1])
def test_less_than_one_number_is_refused(any_store, count):
    """Drawing less than one number raises InvalidInput."""
    with pytest.raises(InvalidInput):
        any_store.draw_numbers(count)


@pytest.mark.parametrize(
    "wanted, expected",
    [
        ({}, [4, 3, 2, 1]),
        ({"statuses": ACTIVE}, [3, 1]),
        ({"statuses": {Status.CLOSED}}, [4]),
        ({"statuses": {Status.RESOLVED, Status.DETECTED}}, [2, 1]),
        ({"severities": {Severity.LOW}}, [2]),
        ({"service": "CheckOut"}, [3, 1]),
        ({"environment": "prod", "team": "web"}, [1]),
        ({"source": Source.MANUAL}, [4]),
        ({"assignee": "ADA"}, [3]),
        ({"text": "error"}, [3, 2, 1]),
        ({"text": "checkout"}, [3, 1]),
        ({"since": at(2)}, [4, 3, 2]),
        ({"until": at(3)}, [2, 1]),
        ({"since": at(2), "until": at(3)}, [2]),
        ({"since": at(1), "until": at(4), "statuses": ACTIVE}, [3, 1]),
        ({"until": at(1)}, []),
        ({"since": at(9)}, []),
    ],
)
def test_a_list_shows_what_every_given_field_fits(any_store, wanted, expected):
    """Filters combine; since counts, until does not; words compare without letter case."""
    any_store.commit_many(
        [
            opens(an_incident(1, opened_at=at(1), service="checkout", environment="prod", team="web")),
            opens(an_incident(2, opened_at=at(2), status=Status.RESOLVED, severity=Severity.LOW)),
            opens(
                an_incident(
                    3, opened_at=at(3), status=Status.ACKNOWLEDGED, service="Checkout", assignees=("Grace", "Ada")
                )
            ),
            opens(an_incident(4, opened_at=at(4), status=Status.CLOSED, title="Disk", source=Source.MANUAL)),
        ]
    )
    numbers = [int(one.removeprefix("INC-")) for one in ids(any_store.find(IncidentFilter(**wanted)))]
    assert numbers == expected
    assert list(chain(*all_pages(any_store, IncidentFilter(**wanted), 1))) == [f"INC-{number}" for number in expected]


def test_a_list_follows_what_changes(any_store):
    """An incident leaves the list of active ones when it is resolved, and moves if its opening is corrected."""
    active = IncidentFilter(statuses=ACTIVE)
    first, second = opens(an_incident(1001, opened_at=at(1))), opens(an_incident(1002, opened_at=at(2)))
    any_store.commit_many([first, second])
    moved = follows(after(first), opened_at=at(3))
    any_store.commit(moved)
    assert ids(any_store.find(active)) == ids(any_store.find(EVERYTHING)) == ["INC-1001", "INC-1002"]
    any_store.commit(follows(after(moved), status=Status.RESOLVED))
    assert ids(any_store.find(active)) == ["INC-1002"]
    assert ids(any_store.find(EVERYTHING)) == ["INC-1001", "INC-1002"]
    any_store.remove(any_store.incident("INC-1001"))
    assert ids(any_store.find(EVERYTHING)) == ["INC-1002"]


@pytest.mark.large
def test_a_page_looks_at_so_many_rows_and_no_more(any_store):
    """With a filter that fits nothing near the top, a page may be empty and still have a cursor."""
    oldest = opens(an_incident(1, opened_at=at(-1), service="rare"))
    many = [opens(an_incident(1001 + number, opened_at=at(number))) for number in range(MOST_EXAMINED)]
    any_store.commit_many([oldest, *many])
    rare = IncidentFilter(service="rare")
    first = any_store.find(rare)
    assert first.incidents == []
    assert first.cursor
    second = any_store.find(rare, cursor=first.cursor)
    assert ids(second) == ["INC-1"]
    assert second.cursor == ""


@pytest.mark.large
def test_active_incidents_are_found_behind_any_number_of_closed_ones(any_store):
    """A list of active incidents never looks at closed ones."""
    old = opens(an_incident(1, opened_at=at(-1)))
    closed = [
        opens(an_incident(1001 + number, opened_at=at(number), status=Status.CLOSED))
        for number in range(MOST_EXAMINED + 1)
    ]
    any_store.commit_many([old, *closed])
    page = any_store.find(IncidentFilter(statuses=ACTIVE))
    assert ids(page) == ["INC-1"]
    assert page.cursor == ""


def test_a_timeline_is_in_order_and_complete(any_store):
    """Events come by version, then ordinal, those of several changes together."""
    opened = opens(an_incident())
    more = tuple(an_event(an_incident(), ordinal=number, text=str(number)) for number in (1, 2))
    any_store.commit(opened.model_copy(update={"events": (*opened.events, *more)}))
    any_store.commit(opens(an_incident(1002)))
    any_store.commit(follows(an_incident()))
    numbered = [(event.version, event.ordinal) for event in any_store.timeline("INC-1001")]
    assert numbered == [(0, 0), (0, 1), (0, 2), (1, 0)]
    assert len(any_store.timeline("INC-1002")) == 1


def test_alerts_are_those_of_the_source(any_store):
    """Rows of another source are not among them, and a replaced row is there once."""
    any_store.commit(of_alerts(AlertWrite(alert=an_alert("7:a")), AlertWrite(alert=an_alert("7:b")), change_id="a"))
    manual = AlertWrite(alert=an_alert("7:a", source=Source.MANUAL))
    any_store.commit(of_alerts(manual, AlertWrite(alert=an_alert("7:b", version=1), expected=0), change_id="b"))
    rows = sorted((alert.key, alert.version) for alert in any_store.alerts(Source.DATADOG))
    assert rows == [("7:a", 0), ("7:b", 1)]
    assert [alert.source for alert in any_store.alerts(Source.MANUAL)] == [Source.MANUAL]


def test_alerts_of_an_incident_are_all_its_episodes(any_store):
    """Current rows and archived episodes come by key and episode, and those that went to another incident stay."""
    first, second = an_incident(1001), an_incident(1002)
    old = an_alert("7:b", first, ended_at=at(1))
    any_store.commit(
        opens(first, alerts=[AlertWrite(alert=an_alert("7:b", first)), AlertWrite(alert=an_alert("7:a", first))])
    )
    moves_on = AlertWrite(alert=an_alert("7:b", second, episode=2, version=1), expected=0, archive=old)
    any_store.commit(opens(second, alerts=[moves_on]))
    comes_back = an_alert("7:b", first, episode=3, version=2)
    archived = an_alert("7:b", second, episode=2, ended_at=at(2))
    any_store.commit(follows(first))
    any_store.commit(of_alerts(AlertWrite(alert=comes_back, expected=1, archive=archived)))
    assert [(alert.key, alert.episode) for alert in any_store.alerts_of(first.id)] == [
        ("7:a", 1),
        ("7:b", 1),
        ("7:b", 3),
    ]
    assert list(any_store.alerts_of(second.id)) == [archived]


def test_a_tombstone_and_its_archived_episode_are_one(any_store):
    """An ended episode is there once: as archived, which is how it stays when the tombstone is gone."""
    row = an_alert("7:a")
    archived = row.model_copy(update={"ended_at": at(1), "version": 1})
    tombstone = archived.model_copy(update={"expires_at": at(1441)})
    any_store.commit(opens(an_incident(), alerts=[AlertWrite(alert=row)]))
    any_store.commit(of_alerts(AlertWrite(alert=tombstone, expected=0, archive=archived)))
    assert list(any_store.alerts_of("INC-1001")) == [archived]
    assert list(any_store.alerts(Source.DATADOG)) == [tombstone]


def test_claims_are_read_by_key(any_store):
    """Those that exist are returned, the others are absent."""
    any_store.commit(opens(an_incident(), claims=[claims("a", "INC-1001"), claims("b", "INC-1001", until=at(5))]))
    found = any_store.claims(["b", "c"])
    assert set(found) == {"b"}
    assert found["b"].joinable(at(4))
    assert not found["b"].joinable(at(5))


def test_due_records_come_longest_due_first(any_store):
    """Only what has come due, of any kind, in the order of its time, at most the limit."""
    records = [a_record(str(minutes), due_at=at(minutes)) for minutes in (3, 1, 2, 9)]
    records += [a_record("1.5", kind="page", due_at=at(1.5)), a_record("none")]
    any_store.commit(of_records(*(puts(record) for record in records)))
    assert [one.id for one in any_store.due(at(3))] == ["1", "1.5", "2", "3"]
    assert [one.id for one in any_store.due(at(9), limit=2)] == ["1", "1.5"]
    assert list(any_store.due(at(0))) == []


def test_a_record_that_moves_is_due_at_its_new_time_only(any_store):
    """Replacing or dropping a record takes its old due time away."""
    any_store.commit(of_records(puts(a_record("a", due_at=at(1))), puts(a_record("b", due_at=at(1))), change_id="1"))
    any_store.commit(of_records(puts(a_record("a", due_at=at(5))), drops(a_record("b")), change_id="2"))
    assert list(any_store.due(at(4))) == []
    assert [one.id for one in any_store.due(at(5))] == ["a"]


def test_the_same_change_with_another_id_is_another_change(any_store):
    """Only the id tells that a change was committed; the same content under another id conflicts."""
    any_store.commit(opens(an_incident()))
    outcome = any_store.commit_many([a_change(an_incident(), expected=None, change_id="other")])
    assert outcome[0] is not None
