"""One Datadog monitor, looked at in full: what its groups share is read once, then each group becomes an observation.

Pure. Nothing here raises over what a monitor holds; a value of a wrong type counts as absent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from urllib.parse import quote

from tocsin.domain.alert import AlertState, Links, Observation, Source, alert_key

from .datadog_mutes import WHOLE, mutes, tags_of
from .kept import LONGEST_GROUP, LONGEST_MESSAGE, LONGEST_QUERY, LONGEST_TAG, LONGEST_TITLE
from .naming import TagNames
from .outside import moment, number, text, whole
from .runbooks import find_runbook
from .tags import kept_tags, tag_values

_WORDS = {word.casefold(): word for word in ("Alert", "Warn", "No Data", "OK")}
_HIGHEST_PRIORITY, _LOWEST_PRIORITY = 1, 5


@dataclass(frozen=True, slots=True)
class Naming:
    """The tags that say whose a monitor is, in order of preference, and where people look at it."""

    web_url: str
    service: tuple[str, ...] = ("service",)
    environment: tuple[str, ...] = ("env", "environment")
    team: tuple[str, ...] = ("team",)

    @classmethod
    def of(cls, tags: TagNames, web_url: str) -> Self:
        """Return the naming that the settings ask for."""
        return cls(web_url, service=(tags.service,), environment=tags.environment_tags, team=(tags.team,))


class Monitor:
    """What the groups of one monitor share, read from one raw item at one moment."""

    def __init__(self, item: Mapping[str, object], origin: str, naming: Naming, observed_at: datetime) -> None:
        options = object_at(item, "options")
        message = item.get("message")
        self._origin = origin
        self._naming = naming
        self._observed_at = observed_at
        self._title = text(item.get("name"), LONGEST_TITLE).strip() or f"Monitor {origin}"
        self._message = text(message, LONGEST_MESSAGE)
        self._query = text(item.get("query"), LONGEST_QUERY)
        self._priority = _priority(item.get("priority"))
        self._tags = kept_tags(item.get("tags"))
        self._draft = item.get("draft_status") == "draft"
        self._asks_no_data = asks_no_data(options)
        self._thresholds = object_at(options, "thresholds")
        self._mutes = mutes(options.get("silenced"), item.get("matching_downtimes"), observed_at)
        self._runbook = find_runbook(self._tags, message)
        self._link = f"{naming.web_url}/monitors/{origin}"

    def observation(self, name: str, state: AlertState, entry: Mapping[str, object]) -> Observation:
        """Return what the monitor says of one group; ``entry`` is the group's raw value."""
        is_whole = name == WHOLE
        group = text(name, LONGEST_GROUP)
        group_tags = () if is_whole else kept_tags(name.split(","))
        in_group = tags_of(name)
        return Observation(
            source=Source.DATADOG,
            origin=self._origin,
            group=group,
            key=group_key(self._origin, name),
            state=state,
            word=state_word(entry.get("status")),
            observed_at=self._observed_at,
            triggered_at=self._stamp(entry, "last_nodata_ts" if state is AlertState.NO_DATA else "last_triggered_ts"),
            resolved_at=self._stamp(entry, "last_resolved_ts"),
            title=self._title,
            message=self._message,
            priority=self._priority,
            service=self._value(group_tags, self._naming.service),
            environment=self._value(group_tags, self._naming.environment),
            team=self._value(group_tags, self._naming.team),
            tags=tuple(dict.fromkeys((*self._tags, *group_tags))),
            query=self._query,
            threshold=number(self._thresholds.get("warning" if state is AlertState.WARN else "critical")),
            # Not documented any more, and still shown now and then: {"from_ts": ..., "to_ts": ..., "value": ...}.
            value=number(object_at(entry, "triggering_value").get("value")),
            links=Links(
                runbook=self._runbook,
                monitor=self._link,
                group="" if is_whole else f"{self._link}?group={quote(group, safe='')}",
            ),
            muted=any(mute.covers(in_group) for mute in self._mutes),
            draft=self._draft,
            asks_no_data=self._asks_no_data,
        )

    def _stamp(self, entry: Mapping[str, object], name: str) -> datetime | None:
        return moment(entry.get(name), until=self._observed_at)

    def _value(self, group_tags: tuple[str, ...], names: tuple[str, ...]) -> str:
        """Return the value of the first of these tags that the group has, or else the monitor."""
        return next((value for tags in (group_tags, self._tags) for value in tag_values(tags, names)), "")


def group_key(origin: str, name: str) -> str:
    """Return the alert key of a monitor's group."""
    return alert_key(origin, text(name, len(name) + 1))


def state_word(value: object) -> str:
    """Return Datadog's word for a state, those that we know in Datadog's own letter case; empty if it is no text."""
    word = text(value, LONGEST_TAG)
    return _WORDS.get(word.strip().casefold(), word)


def object_at(item: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return the object of that name, or an empty one."""
    found = item.get(name)
    return found if isinstance(found, dict) else {}


def asks_no_data(options: Mapping[str, object]) -> bool:
    """Say whether somebody wants to be told when this monitor's data stop.

    ``on_missing_data`` took the place of ``notify_no_data``, which stays on older monitors
    (docs.datadoghq.com/monitors/guide/on_missing_data). ``default`` shows the last state or counts missing data as 0.
    """
    match options.get("on_missing_data"):
        case "show_and_notify_no_data":
            return True
        case "show_no_data" | "resolve":
            return False
        case _:
            return options.get("notify_no_data") is True


def _priority(value: object) -> int | None:
    found = whole(value)
    return found if found is not None and _HIGHEST_PRIORITY <= found <= _LOWEST_PRIORITY else None
