"""From Datadog's monitor list to observations: a cheap first look at every raw item, a full one where it matters.

Pure. An item can matter only if something of it fires, or if one of its groups is known to fire; most items leave
after the first look, which is what keeps a steady sweep near the price of parsing its JSON. One bad item is set
aside with its reason and spoils nothing else.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from tocsin.domain.alert import Alert, AlertState, Observation, Problem
from tocsin.domain.decision import Reason

from .datadog_monitor import Monitor, Naming, asks_no_data, group_key, object_at, state_word
from .datadog_mutes import TOTAL, WHOLE

SYNTHETICS = "synthetics alert"
SYNTHETICS_OVERALL = "@SYNTHETICS_OVERALL@"

_STANDS_FOR_ALL = frozenset({WHOLE, TOTAL})
_VERDICTS = (SYNTHETICS_OVERALL, WHOLE, TOTAL)
_FIRES = frozenset({AlertState.ALERT, AlertState.WARN})
_TOO_LARGE = 2**63
_NOTHING: Mapping[str, Alert] = {}


def monitor_id(item: object) -> int | None:
    """Return a raw item's id if it is a positive whole number."""
    found = item.get("id") if isinstance(item, dict) else None
    return found if type(found) is int and 0 < found < _TOO_LARGE else None


def is_deleted(item: object) -> bool:
    """Say whether a raw item is marked as deleted. Datadog documents the mark as always null."""
    return isinstance(item, dict) and bool(item.get("deleted"))


class Reading:
    """What one sweep has said so far. ``known`` are alerts that fire as far as we know."""

    def __init__(self, naming: Naming, known: Iterable[Alert] = (), *, every_no_data: bool = False) -> None:
        """``every_no_data``: observe No Data even where the monitor does not ask to be told."""
        self.observations: list[Observation] = []
        self.seen: set[str] = set()
        self.with_groups: set[str] = set()
        self.problems: list[Problem] = []
        self.passed_over: Counter[Reason] = Counter()
        self._naming = naming
        self._every_no_data = every_no_data
        self._deleted: set[str] = set()
        self._known: dict[str, dict[str, Alert]] = {}
        for alert in known:
            if alert.firing and alert.origin.isdecimal():
                self._known.setdefault(alert.origin, {})[alert.key] = alert
        self.greatest_known = max(map(int, self._known), default=0)

    @property
    def absent(self) -> list[str]:
        """The monitors with alerts known to fire that have not come, or came as deleted, by ascending id."""
        return sorted(self._known.keys() - (self.seen - self._deleted), key=int)

    def take(self, items: Iterable[object], observed_at: datetime) -> None:
        """Read raw items. Of a monitor that comes twice only the first counts."""
        for item in items:
            # The first look. It runs for every monitor of the organisation: no call that can be avoided.
            number = item.get("id") if isinstance(item, dict) else None
            if not isinstance(item, dict) or type(number) is not int or not 0 < number < _TOO_LARGE:
                self.problems.append(Problem(why=_why_no_monitor(item)))
                continue
            origin = str(number)
            if origin in self.seen:
                continue
            self.seen.add(origin)
            state = item.get("state")
            groups = state.get("groups") if isinstance(state, dict) else None
            if isinstance(groups, dict):
                self.with_groups.add(origin)
            else:
                groups = None
            if origin not in self._known:
                try:
                    if item["overall_state"] == "OK":
                        for group in groups.values() if groups else ():
                            if group["status"] != "OK":
                                break
                        else:
                            continue
                except (KeyError, TypeError):
                    pass
            self._look(item, origin, groups, observed_at)

    def _look(self, item: dict[str, object], origin: str, groups: dict[str, object] | None, at: datetime) -> None:
        if "overall_state" not in item and "state" not in item:
            self.problems.append(Problem(origin=origin, why="it has neither overall_state nor state: no monitor"))
            return
        if is_deleted(item):
            # It opens nothing; whether its alerts end is asked by its id, as of any monitor that did not come.
            self._deleted.add(origin)
            self.problems.append(Problem(origin=origin, why="it is marked as deleted"))
            return
        try:
            observations, passed_over = self._look_closely(item, origin, groups, at)
        # Every known oddity is read without raising. This is for the unknown one: it is reported with its monitor,
        # whose alerts stay as they were, and the other monitors are read.
        except Exception as error:  # noqa: BLE001 - whatever its models raise
            self.problems.append(Problem(origin=origin, why=f"it could not be read ({type(error).__name__})"))
            return
        self.observations += observations
        self.passed_over.update(passed_over)

    def _look_closely(
        self, item: dict[str, object], origin: str, groups: dict[str, object] | None, at: datetime
    ) -> tuple[list[Observation], list[Reason]]:
        known = self._known.get(origin, _NOTHING)
        asked = self._every_no_data or asks_no_data(object_at(item, "options"))
        monitor: Monitor | None = None
        observations: list[Observation] = []
        passed_over: list[Reason] = []
        for name, entry in _entries(item, groups, known):
            fields = entry if isinstance(entry, dict) else {}
            state = AlertState.of(state_word(fields.get("status")))
            matters = state in _FIRES or (asked and state is AlertState.NO_DATA)
            if matters or (known and group_key(origin, name) in known):
                monitor = monitor or Monitor(item, origin, self._naming, at)
                observations.append(monitor.observation(name, state, fields))
            elif state is AlertState.NO_DATA:
                passed_over.append(Reason.NO_DATA_NOT_ASKED)
            elif state is AlertState.UNKNOWN:
                passed_over.append(Reason.KEPT_UNKNOWN_STATE)
        return observations, passed_over


def _entries(
    item: Mapping[str, object], groups: dict[str, object] | None, known: Mapping[str, Alert]
) -> Iterator[tuple[str, object]]:
    """Yield the groups that decide, with their raw values; :data:`WHOLE` is the monitor as a whole."""
    overall = item.get("overall_state")
    if groups is None:
        # Nothing is said of groups, and the overall state cannot stand for the ones that we know.
        if not known or any(alert.group == WHOLE for alert in known.values()):
            yield WHOLE, {"status": overall}
    elif (
        # The locations of one synthetic test, and names for their verdict: one failure.
        item.get("type") == SYNTHETICS
        or SYNTHETICS_OVERALL in groups
        or _STANDS_FOR_ALL.issuperset(groups)
        or _is_ungrouped(item, groups)
    ):
        yield WHOLE, _as_whole(groups, overall)
    else:
        # A * beside real groups is left from before the monitor was grouped.
        yield from ((name, entry) for name, entry in groups.items() if name not in _STANDS_FOR_ALL)


def _is_ungrouped(item: Mapping[str, object], groups: Mapping[str, object]) -> bool:
    """Say whether groups linger from before a monitor was made one whole: it says so, and its ``*`` speaks for it."""
    if item.get("multi") is not False:
        return False
    said = _as_whole(groups, None).get("status")
    return said is not None and said == item.get("overall_state")


def _as_whole(groups: Mapping[str, object], overall: object) -> Mapping[str, object]:
    """Return the group that stands for the whole monitor; what it does not say of its status, the monitor does."""
    entry = next((found for name in _VERDICTS if isinstance(found := groups.get(name), dict)), {})
    return entry if isinstance(entry.get("status"), str) else {**entry, "status": overall}


def _why_no_monitor(item: object) -> str:
    if not isinstance(item, dict):
        return f"it is no object but {_KINDS.get(type(item), 'something else')}"
    return "it has no id" if item.get("id") is None else "its id is no positive whole number"


_KINDS: Mapping[type, str] = {
    str: "a text",
    int: "a number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    type(None): "null",
}
