"""A round: what fails keeps nobody else's page, what there is no time for stays, and what is left is counted."""

import pytest

from tests.desk import NOON
from tests.paging.score import MINUTE, Score
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.severity import Severity
from tocsin.errors import StoreBusy
from tocsin.services.paging.delivering import MOST_ONE_BY_ONE


@pytest.fixture
def score(quick_store):
    """Return an empty score, on every quick backend."""
    return Score(quick_store)


def test_a_record_that_nobody_can_read_keeps_nobody_elses_page(score, caplog):
    """It is logged, counted as left, and stays due."""
    bad = Record(kind="escalation", id="INC-9:1", body={"nonsense": True}, due_at=NOON.replace(hour=1))
    score.store.commit(
        Change(id="bad", at=NOON, records=(RecordWrite(kind="escalation", id="INC-9:1", record=bad, expected=0),))
    )
    score.person("ana", "email").policy(steps=[("ana", 0)])
    score.now = score._moment("02:00")
    score.alert()
    assert score.pager.round().left == 1
    assert [name for name, _, _ in score.phones.sent] == ["ana"]
    assert "stays due" in caplog.text
    assert score.store.record("escalation", "INC-9:1").due_at is not None


def test_a_store_that_fails_is_told_in_one_line(score, caplog):
    """And the next round does what was left."""
    score.person("ana", "email").policy(steps=[("ana", 0)])
    score.now = score._moment("02:00")
    score.alert()

    class Failing:
        def __getattr__(self, name):
            def fails(*_args, **_options):
                raise StoreBusy("others kept writing")

            return fails if name == "incident" else getattr(score.store, name)

    assert score.another_pager(Failing()).round().left == 1
    assert [line.count("\n") for line in caplog.messages] == [0]
    assert score.pager.round().left == 0
    assert len(score.phones.sent) == 1


def test_what_there_is_no_time_for_stays(score):
    """Nothing is begun once time is over."""
    score.person("ana", "email").policy(steps=[("ana", 0)])
    score.now = score._moment("02:00")
    score.alert()
    assert score.pager(lambda: False) == 0
    enough = iter([True, False, False, False])
    assert score.pager(lambda: next(enough, False)) == 1
    assert score.phones.sent == []
    assert score.pager(lambda: True) == 0
    assert len(score.phones.sent) == 1


def test_a_flood_is_handed_over_in_parts(score):
    """Each of its incidents is a request, and all have the time of one message: what is worst goes first."""
    many = MOST_ONE_BY_ONE + 5
    score.town.room("pd", "pagerduty")
    score.policy(steps=[("room:pd", 0)])
    score.at("02:00")
    for number in range(many):
        score.alert(f"host-{number}", severity="critical" if number == many - 1 else "low", service=f"s{number}")
    assert score.pager.round().left == 0
    score.now += MINUTE
    assert score.pager.round().left == 0
    first, second = (message.subjects for _, _, message in score.phones.sent)
    assert (len(first), len(second), first[0].severity) == (MOST_ONE_BY_ONE, 5, Severity.CRITICAL)
    assert len({one.id for one in (*first, *second)}) == many
