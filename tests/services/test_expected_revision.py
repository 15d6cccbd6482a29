"""Whoever says which revision he saw overwrites nobody unseen."""

import pytest

from tests.desk import Scripted, at, says
from tests.services.test_losing_races import disturbed
from tocsin.domain.editing import Edit
from tocsin.errors import PreconditionFailed

ONE = "INC-1001"

MOVES = {
    "acknowledge": lambda service, seen: service.acknowledge(ONE, by="ann", expected_revision=seen),
    "start": lambda service, seen: service.start(ONE, by="ann", expected_revision=seen),
    "resolve": lambda service, seen: service.resolve(ONE, by="ann", expected_revision=seen),
    "edit": lambda service, seen: service.edit(ONE, Edit(title="y"), by="ann", expected_revision=seen),
    "assign": lambda service, seen: service.assign(ONE, "bo", by="ann", expected_revision=seen),
    "unassign": lambda service, seen: service.unassign(ONE, "cy", by="ann", expected_revision=seen),
    "note": lambda service, seen: service.note(ONE, "x", by="ann", expected_revision=seen),
    "severity": lambda service, seen: service.set_severity(ONE, "low", by="ann", expected_revision=seen),
    "snooze": lambda service, seen: service.snooze(ONE, at(30), by="ann", expected_revision=seen),
    "unsnooze": lambda service, seen: service.unsnooze(ONE, by="ann", expected_revision=seen),
}


@pytest.fixture
def one(desk):
    """Return a desk with one incident at revision 1."""
    desk.sweep(says(1, since=0))
    desk.service.assign(ONE, "cy", by="cy")
    return desk


@pytest.mark.parametrize("move", MOVES)
def test_each_move_is_refused_if_somebody_changed_the_incident_meanwhile(one, move):
    """And done if nobody did. Nothing is written by what is refused."""
    for seen in (0, 2):
        with pytest.raises(PreconditionFailed, match=f"revision 1, not {seen}") as refusal:
            MOVES[move](one.service, seen)
        assert (refusal.value.http_status, refusal.value.exit_status) == (412, 5)
    assert one.only().version == 1
    MOVES[move](one.service, 1)


def test_a_machine_in_between_refuses_nobody(one):
    """Only what a person can edit counts: a flapping monitor is no colleague."""
    one.minute(1).sweep(says(1, "OK", since=0, resolved=1))
    service = disturbed(
        one, lambda: one.colleague().sync(Scripted([one.minute(2).build(says(1, since=2, resolved=1))]))
    )
    assert service.note(ONE, "x", by="ann", expected_revision=1).revision == 2


def test_a_person_in_between_is_noticed_at_the_last_moment(one):
    """Between the read and the write: the revision is looked at again."""
    service = disturbed(one, lambda: one.colleague().note(ONE, "me first", by="bo"))
    with pytest.raises(PreconditionFailed):
        service.note(ONE, "x", by="ann", expected_revision=1)


def test_each_edit_of_a_person_is_one_revision(one):
    """Several fields in one edit as well as one; nothing new is none."""
    service = one.service
    assert service.edit(ONE, Edit(title="a", severity="low", note="b"), by="ann").revision == 2
    assert service.edit(ONE, Edit(title="a"), by="ann").revision == 2
    assert service.acknowledge(ONE, by="ann").revision == 3
