"""What becomes of schedules and policies, as a person reads it. Times are UTC."""

from collections.abc import Callable, Sequence
from typing import Any

from tocsin.domain.configuring import Changes, Kind, Step
from tocsin.domain.policy import Policy
from tocsin.domain.shift_changes import TOLD_AHEAD, Moved
from tocsin.domain.stints import Span

from .moments import exact
from .policy_page import said_of
from .screen import Screen, Styled

MOST_SPANS = 3
"""Of one person that are listed; the others are counted."""

_SIGNS = {Kind.ADD: Styled("+", "good"), Kind.CHANGE: Styled("~", "heading"), Kind.REMOVE: Styled("-", "bad")}
_DONE = {Kind.ADD: "added", Kind.CHANGE: "changed", Kind.REMOVE: "removed"}

Address = Callable[[str], str]


def show(out: Screen, of_schedules: Changes, of_policies: Changes, address: Address) -> None:
    """Write what would change, and for whom."""
    for what, changes in (("schedule", of_schedules), ("policy", of_policies)):
        for step in changes.steps:
            _step(out, what, step, address)
    out.line(summary(of_schedules, of_policies))


def summary(of_schedules: Changes, of_policies: Changes) -> str:
    """Return one line that counts."""
    steps = (*of_schedules.steps, *of_policies.steps)
    stays = len(of_schedules.unnamed) + len(of_policies.unnamed)
    rest = f"; {stays} not described, which stay{'s' if stays == 1 else ''} (--prune removes them)" if stays else ""
    if not steps:
        return f"Nothing changes{rest}."
    counts = ((kind, sum(step.kind is kind for step in steps)) for kind in Kind)
    return f"{', '.join(f'{number} to {kind}' for kind, number in counts if number)}{rest}."


def done(what: str, step: Step) -> str:
    """Say that it was done."""
    return f"{what} {step.name} is {_DONE[step.kind]}."


def document(of_schedules: Changes, of_policies: Changes, address: Address) -> dict[str, Any]:
    """Return the same as JSON."""
    both = (("schedule", of_schedules), ("policy", of_policies))
    return {
        "changes": [_said(what, step, address) for what, changes in both for step in changes.steps],
        "not_described": [{"what": what, "name": name} for what, changes in both for name in changes.unnamed],
    }


def _step(out: Screen, what: str, step: Step, address: Address) -> None:
    out.line(_SIGNS[step.kind], f" {what} ", Styled(step.name, "heading"))
    if isinstance(step.after, Policy) and (step.before is None or "conditions" in step.said):
        before = f"{said_of(step.before.conditions)} -> " if isinstance(step.before, Policy) else ""
        out.line(f"    holds for: {before}{said_of(step.after.conditions)}")
    for said in step.said:
        if said != "conditions":
            out.line(f"    {said}")
    if not step.affected and what == "schedule":
        out.line(Styled(f"    nobody's shifts of the next {TOLD_AHEAD.days} days move", "quiet"))
    for person, moved in _by_address(step, address):
        for verb, spans in (("gains", moved.gained), ("loses", moved.lost)):
            if spans:
                out.line(f"    {person} {verb} {_spans(spans)}")


def _by_address(step: Step, address: Address) -> list[tuple[str, Moved]]:
    return sorted((address(person), moved) for person, moved in step.affected.items())


def _spans(spans: Sequence[Span]) -> str:
    said = [f"{exact(one.start)} to {exact(one.end)}" for one in spans[:MOST_SPANS]]
    more = len(spans) - len(said)
    return "; ".join([*said, *([f"{more} more"] if more else [])])


def _said(what: str, step: Step, address: Address) -> dict[str, Any]:
    affected = [
        {
            "person": person,
            "gains": [{"start": one.start.isoformat(), "end": one.end.isoformat()} for one in moved.gained],
            "loses": [{"start": one.start.isoformat(), "end": one.end.isoformat()} for one in moved.lost],
        }
        for person, moved in _by_address(step, address)
    ]
    return {"what": what, "kind": step.kind, "name": step.name, "said": list(step.said), "affected": affected}
