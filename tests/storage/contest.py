"""Several services on one table want the same thing at the same time: to open, to acknowledge, to resolve."""

from tests.desk import NOON, Scripted, says
from tocsin.domain.alert import Source, Sweep
from tocsin.domain.incident import Status
from tocsin.domain.search import IncidentFilter
from tocsin.domain.timeline import EventKind, replay
from tocsin.errors import Conflict, IllegalMove
from tocsin.ids import random_id
from tocsin.services.incidents import IncidentService

GROUPS = 3


def insist(act):
    """Do what a person does: try again where others kept writing, and leave it where another was quicker."""
    while True:
        try:
            act()
        except Conflict:
            continue
        except IllegalMove:
            pass
        return


def contender(store, name):
    """Return what takes part in one turn of the race, and says what it was told."""
    service = IncidentService(store, clock=lambda: NOON, new_id=random_id)

    def compete(turn):
        said = [says(turn, group=f"host:{number}", since=0) for number in range(GROUPS)]
        seen = frozenset({str(turn)})
        sweep = Sweep(
            source=Source.DATADOG,
            started_at=NOON,
            complete=True,
            observations=said,
            seen=seen,
            with_groups=seen,
        )
        opened = service.sync(Scripted([sweep])).opened
        incident_id = store.claims([f"datadog:{turn}"])[f"datadog:{turn}"].incident_id
        insist(lambda: service.acknowledge(incident_id, by=name))
        insist(lambda: service.note(incident_id, f"{name} is here", by=name))
        insist(lambda: service.resolve(incident_id, by=name))
        learnt = service.incident(incident_id)
        return {
            "turn": turn,
            "name": name,
            "opened": list(opened),
            "incident": incident_id,
            "acknowledged_by": learnt.acknowledged_by,
            "resolved_by": learnt.resolved_by,
        }

    return compete


def judged(store, said, *, rounds, racers):
    """Make sure that in every turn one opened, one acknowledged and one resolved, that all agree, and nothing is lost."""
    assert len(said) == rounds * racers
    for turn in range(rounds):
        turns = [one for one in said if one["turn"] == turn]
        (incident_id,) = {one["incident"] for one in turns}
        assert [opened for one in turns for opened in one["opened"]] == [incident_id]
        incident = store.incident(incident_id)
        assert {one["acknowledged_by"] for one in turns} == {incident.acknowledged_by}
        assert {one["resolved_by"] for one in turns} == {incident.resolved_by}
        assert incident.status is Status.RESOLVED
        events = store.timeline(incident_id)
        kinds = [event.kind for event in events]
        for once in (EventKind.OPENED, EventKind.ACKNOWLEDGED, EventKind.RESOLVED):
            assert kinds.count(once) == 1, (turn, kinds)
        assert sorted(event.text for event in events if event.kind is EventKind.NOTED) == sorted(
            f"{one['name']} is here" for one in turns
        )
        assert sorted({event.version for event in events}) == list(range(incident.version + 1))
        assert replay(incident, events) == incident
        assert len(store.alerts_of(incident_id)) == incident.alerts.total == GROUPS
    listed = [incident.id for incident in store.find(IncidentFilter(), limit=1_000).incidents]
    assert sorted(listed) == sorted({one["incident"] for one in said})
    return {"turns": rounds, "notes": rounds * racers}
