"""What every store promises of a touch: it counts what fires as it was decided on, and nothing else, and loses nothing."""

import pytest

from tests.builders import NOON, after, an_alert, an_incident, at, follows, of_alerts, opens
from tests.storage.test_store_races import all_at_once
from tocsin.domain.alert import Source
from tocsin.domain.change import AlertWrite
from tocsin.errors import Conflict
from tocsin.storage.store import Touch, Touched

SIGNED = "alert high"
LATER = at(9_000_000)
"""A stand-in forgets by the real clock what expires."""


def a_row(key="prom:a", **more):
    """Build the row of an alert that was pushed."""
    given = {"source": Source.GENERIC, "signature": SIGNED, "first_seen_at": NOON, "last_seen_at": NOON}
    return an_alert(key, **(given | more))


def a_touch(key="prom:a", minutes=1.0, signature=SIGNED, source=Source.GENERIC, observed=0.0):
    """Build a touch at so many minutes after noon, of what was observed at another minute."""
    return Touch(source, key, signature, at(minutes), at(observed))


def seen(row, times, minutes):
    """Return the row as it is when it was seen so many more times, the last time at this minute."""
    counted = {"count": row.count + times, "version": row.version + times, "last_seen_at": at(minutes)}
    return row.model_copy(update=counted)


def put(store, *rows, name="rows"):
    store.commit(of_alerts(*(AlertWrite(alert=row) for row in rows), change_id=name))


def read(store, key="prom:a"):
    return store.alerts_named(Source.GENERIC, [key]).get(key)


def test_a_touch_counts_and_dates_the_row(any_store):
    """Count and version grow by one, the last time is that of the touch, and all else stays; every read says so."""
    put(any_store, a_row())
    touched = any_store.touch([a_touch()])
    expected = seen(a_row(), 1, 1)
    assert list(touched) == [Touched(done=True, row=expected)]
    assert list(any_store.alerts(Source.GENERIC)) == [expected]
    assert list(any_store.alerts_of("INC-1001")) == [expected]
    assert list(any_store.alerts_from(Source.GENERIC, "prom")) == [expected]
    assert list(any_store.alerts_page(Source.GENERIC, limit=5)) == [expected]
    assert read(any_store) == expected


def test_every_touch_of_many_is_told_apart(any_store):
    """What was done and what was not, in the order in which it was asked."""
    put(any_store, a_row("prom:a"), a_row("prom:b"))
    touched = any_store.touch([a_touch("prom:b", 2), a_touch("prom:x"), a_touch("prom:a", 3)])
    assert [one.done for one in touched] == [True, False, True]
    assert [one.row and one.row.key for one in touched] == ["prom:b", None, "prom:a"]
    assert (read(any_store, "prom:a"), read(any_store, "prom:b")) == (
        seen(a_row("prom:a"), 1, 3),
        seen(a_row("prom:b"), 1, 2),
    )


def test_no_touches_come_to_nothing(any_store):
    """Touching nothing returns nothing."""
    assert list(any_store.touch([])) == []


@pytest.mark.parametrize(
    "row",
    [
        a_row(signature="alert low"),
        a_row(signature=""),
        a_row(ended_at=at(0.5), expires_at=LATER),
        a_row(source=Source.ELASTIC),
    ],
    ids=["another signature", "no signature", "ended", "another source"],
)
def test_what_is_not_as_it_was_decided_on_is_left_alone(any_store, row):
    """The touch says that it was not done, and shows the row as it is."""
    put(any_store, row)
    ((done, found),) = any_store.touch([a_touch()])
    assert not done
    assert found == (None if row.source is Source.ELASTIC else row)
    assert list(any_store.alerts(row.source)) == [row]


def test_a_row_without_a_signature_is_never_touched(any_store):
    """It was never pushed: there is nothing that a repetition could be the same as."""
    put(any_store, a_row(signature=""))
    assert list(any_store.touch([a_touch(signature="")])) == [Touched(done=False, row=a_row(signature=""))]


def test_an_alert_that_is_not_there_is_not_made_by_a_touch(any_store):
    """Nothing is written."""
    assert list(any_store.touch([a_touch()])) == [Touched(done=False, row=None)]
    assert read(any_store) is None


def test_what_was_observed_before_the_row_is_left_alone(any_store):
    """A touch moves the row on in the source's own order, and none takes it back."""
    put(any_store, a_row())
    assert any_store.touch([a_touch(minutes=4, observed=3)])[0].row == seen(a_row(observed_at=at(3)), 1, 4)
    assert any_store.touch([a_touch(minutes=5, observed=2.999)]) == [
        Touched(done=False, row=seen(a_row(observed_at=at(3)), 1, 4))
    ]
    assert any_store.touch([a_touch(minutes=6, observed=3)])[0].done
    assert read(any_store).observed_at == at(3)


def test_the_same_alert_twice_is_counted_twice(any_store):
    """Two touches of one row in one call are two."""
    put(any_store, a_row())
    assert [one.done for one in any_store.touch([a_touch(), a_touch()])] == [True, True]
    assert read(any_store) == seen(a_row(), 2, 1)


def test_a_change_that_was_decided_before_a_touch_conflicts(any_store):
    """So nothing that was counted is lost: whoever decided reads again."""
    put(any_store, a_row())
    any_store.touch([a_touch()])
    ends = a_row(version=1, ended_at=at(2))
    with pytest.raises(Conflict, match="prom:a"):
        any_store.commit(of_alerts(AlertWrite(alert=ends, expected=0), change_id="ends"))
    ends = read(any_store).model_copy(update={"version": 2, "ended_at": at(2), "expires_at": LATER})
    any_store.commit(of_alerts(AlertWrite(alert=ends, expected=1, archive=ends), change_id="ends, again"))
    assert read(any_store) == ends
    assert list(any_store.alerts_of("INC-1001")) == [ends]


def test_what_is_rewritten_is_touched_by_its_new_signature(any_store):
    """A change takes the counts that its row has, and the signature that it gives."""
    put(any_store, a_row())
    any_store.touch([a_touch()])
    worse = seen(a_row(), 1, 1).model_copy(update={"version": 2, "signature": "alert critical"})
    any_store.commit(of_alerts(AlertWrite(alert=worse, expected=1), change_id="worse"))
    assert [one.done for one in any_store.touch([a_touch(), a_touch(signature="alert critical", minutes=3)])] == [
        False,
        True,
    ]
    assert read(any_store) == seen(worse, 1, 3)


def test_a_touch_moves_neither_the_incident_nor_its_timeline(any_store):
    """It is no change: nobody is told of a repetition."""
    any_store.commit(opens(an_incident(), alerts=[AlertWrite(alert=a_row())]))
    any_store.touch([a_touch()])
    assert any_store.incident("INC-1001").version == 0
    assert len(any_store.timeline("INC-1001")) == 1


def test_no_touch_is_lost_between_threads(any_store):
    """Of those that are made at once every one is counted, beside changes of the same row that decide again."""
    put(any_store, a_row())

    def push(number):
        for turn in range(5):
            assert any_store.touch([a_touch(minutes=number + turn / 10)])[0].done
        return 5

    def rewrite():
        done = 0
        while done < 5:
            row = read(any_store)
            write = AlertWrite(
                alert=row.model_copy(update={"version": row.version + 1, "value": float(done)}), expected=row.version
            )
            try:
                any_store.commit(of_alerts(write, change_id=f"rewrite {done} {row.version}"))
            except Conflict:
                continue
            done += 1
        return 0

    pushed = sum(all_at_once(lambda number: push(number) if number else rewrite()))
    row = read(any_store)
    assert (row.count, row.version, row.value) == (1 + pushed, pushed + 5, 4.0)


def test_a_touch_beside_changes_of_its_incident_disturbs_none(any_store):
    """The incident's own version is another: only changes of the row itself decide again."""
    opened = opens(an_incident(), alerts=[AlertWrite(alert=a_row())])
    any_store.commit(opened)
    any_store.touch([a_touch()])
    any_store.commit(follows(after(opened), title="noted"))
    assert any_store.touch([a_touch(minutes=2)])[0].row == seen(a_row(), 2, 2)
