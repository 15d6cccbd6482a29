"""Who works on an incident. Saying twice what is so already is no error, and writes nothing."""

from collections.abc import Sequence

from .decision import Reason
from .draft import Draft
from .handling import by_hand, still_open
from .incident import Incident
from .people import MOST_PEOPLE, Role, people, person
from .timeline import EventKind


def assign(draft: Draft, *, who: str, role: Role | None = None) -> None:
    """Add somebody to those who work on it, or give him another role; None: a responder, or the role that he has.

    There is one commander: the former one goes on as a responder.
    """
    before = still_open(draft.incident, "assigned")
    name = person(who)
    has = before.assignments.get(name)
    wanted = role or has or Role.RESPONDER
    if has is wanted:
        return
    assignees = people((*before.assignees, name))
    former = next((one for one, other in before.roles.items() if other is Role.COMMANDER), None)
    if wanted is Role.COMMANDER and former is not None:
        text = f"{former} as {Role.RESPONDER.value}: {name} commands now"
        by_hand(draft, _in_role(before, former, Role.RESPONDER), EventKind.ASSIGNED, text=text)
    after = _in_role(draft.incident.model_copy(update={"assignees": assignees}), name, wanted)
    plain = has is None and wanted is Role.RESPONDER
    by_hand(draft, after, EventKind.ASSIGNED, text=name if plain else f"{name} as {wanted.value}")


def put_on(draft: Draft, who: str, *, why: str) -> None:
    """Let the machine add somebody, unless they are on it, or as many as can be are."""
    incident, name = draft.incident, person(who)
    if name in incident.assignees or len(incident.assignees) >= MOST_PEOPLE:
        return
    after = incident.model_copy(update={"assignees": (*incident.assignees, name)})
    draft.step(after, EventKind.ASSIGNED, Reason.POLICY, text=f"{name} ({why})")


def unassign(draft: Draft, *, who: str) -> None:
    """Take somebody off. Whoever does not work on it is off already."""
    name = person(who)
    if name in draft.incident.assignees:
        before = still_open(draft.incident, "assigned to others")
        by_hand(draft, _without(before, {name}), EventKind.UNASSIGNED, text=name)


def set_assignees(draft: Draft, *, whos: Sequence[str]) -> None:
    """Make these the ones who work on it. Who stays keeps his role; who is new responds."""
    names = people(whos)
    off = [name for name in draft.incident.assignees if name not in names]
    new = [name for name in names if name not in draft.incident.assignees]
    if off or new:
        still_open(draft.incident, "assigned")
    if off:
        by_hand(draft, _without(draft.incident, set(off)), EventKind.UNASSIGNED, text=", ".join(off))
    if new:
        after = draft.incident.model_copy(update={"assignees": names})
        by_hand(draft, after, EventKind.ASSIGNED, text=", ".join(new))


def _in_role(incident: Incident, who: str, role: Role) -> Incident:
    others = {one: other for one, other in incident.roles.items() if one != who}
    # Who has no role responds: so did everybody before there were roles.
    return incident.model_copy(update={"roles": others if role is Role.RESPONDER else {**others, who: role}})


def _without(incident: Incident, names: set[str]) -> Incident:
    left = tuple(one for one in incident.assignees if one not in names)
    roles = {one: role for one, role in incident.roles.items() if one not in names}
    return incident.model_copy(update={"assignees": left, "roles": roles})
