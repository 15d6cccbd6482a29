"""Datadog's webhook: one notification of one monitor, with the template of docs/webhooks.md, the default one or another.

A notification becomes what a poll would have seen: the keys are those of polling, so that both speak of one alert.
Every value is a text, and a variable without a value arrives as an empty text, as ``null``, or as its own name. Since
templates are written by hand, a value is found by its simplified path wherever it stands.
Source: docs.datadoghq.com/integrations/webhooks, and recorded deliveries.
"""

import re
from datetime import datetime
from urllib.parse import quote

from tocsin.domain.alert import AlertState, Links, Observation, Problem, Push, Source
from tocsin.errors import InvalidInput, MalformedBody

from .bodies import Fields, read_json, shown
from .datadog_account import web_url
from .datadog_event import NO_DATA, Link, Title, as_monitor_link, monitor_link, state_word, title_parts, without_frame
from .datadog_monitor import Naming, group_key
from .datadog_mutes import TOTAL, WHOLE
from .filled import Filled
from .kept import LONGEST_GROUP, LONGEST_MESSAGE, LONGEST_PART, LONGEST_QUERY, LONGEST_TAG, LONGEST_TITLE
from .naming import TagNames, tag_value
from .outside import text
from .runbooks import find_runbook
from .tags import kept_tags
from .times import believed

_TEMPLATE = "give the webhook the payload of docs/webhooks.md"
_LONGEST_BODY = 100_000
_UNSET = frozenset({"", "null", "none"})
_VARIABLES = frozenset({
    "AGGREG_KEY", "ALERT_CYCLE_KEY", "ALERT_ID", "ALERT_METRIC", "ALERT_PRIORITY", "ALERT_QUERY", "ALERT_SCOPE",
    "ALERT_STATUS", "ALERT_TITLE", "ALERT_TRANSITION", "ALERT_TYPE", "DATE", "DATE_POSIX", "EMAIL", "EVENT_MSG",
    "EVENT_TITLE", "EVENT_TYPE", "HOSTNAME", "ID", "LAST_UPDATED", "LINK", "METRIC_NAMESPACE", "ORG_ID", "ORG_NAME",
    "PRIORITY", "SNAPSHOT", "TAGS", "TEXT_ONLY_MSG", "USER", "USERNAME",
})  # fmt: skip
_MONITOR = ("alertid", "monitorid")
_ID = re.compile(r"[1-9][0-9]{0,18}")
_PRIORITY = re.compile(r"[Pp]?([1-5])")
_AFTER_COMMA = re.compile(r"\s*,\s*")


def parse(body: bytes, *, received_at: datetime, tags: TagNames | None = None, site: str = "datadoghq.com") -> Push:
    """Return what the notification says.

    There is no name space: the alerts are those of the one Datadog that is polled. Raises
    :class:`~tocsin.errors.InvalidInput` for a body that is no JSON object; one that does not say which monitor it is
    about, or what became of it, is a problem that names the field.
    """
    try:
        found = read_json(body)
    except MalformedBody as error:
        raise MalformedBody(str(error), hint=error.hint or 'In Datadog, leave "Encode as form" off.') from None
    Fields(found, "the body")
    notification = _Notification(Filled(found, _is_unset), Naming.of(tags or TagNames(), web_url(site)))
    return Push(source=Source.DATADOG, received_at=received_at, items=[notification.item(received_at)])


def _is_unset(value: str) -> bool:
    return value.casefold() in _UNSET or value.removeprefix("$") in _VARIABLES


class _Notification:
    """One notification, looked at from all sides: its own fields, its title, and the link in its text."""

    def __init__(self, said: Filled, naming: Naming) -> None:
        self._said = said
        self._naming = naming
        self._body = said.text("body", "eventmsg", "message", "text", "textonlymsg", longest=_LONGEST_BODY)
        titles = [title_parts(said.text(name, longest=LONGEST_TITLE)) for name in ("alerttitle", "title", "eventtitle")]
        self._title = Title(
            next((title.name for title in titles if title.name), ""),
            next((title.transition for title in titles if title.transition), ""),
            next((title.group for title in titles if title.group), ""),
            next((title.priority for title in titles if title.priority), None),
        )
        self._link = monitor_link(self._body) or as_monitor_link(said.text("link", "url", longest=_LONGEST_BODY))

    def item(self, received_at: datetime) -> Observation | Problem:
        """Return what a poll would have seen, or which field is at fault that it cannot be said."""
        try:
            return self._observation(received_at)
        except InvalidInput as error:
            return Problem(origin=self._said.text(*_MONITOR, longest=LONGEST_PART), why=str(error))

    def _observation(self, received_at: datetime) -> Observation:
        origin = self._origin()
        word = self._word()
        group, provisional = self._group(origin)
        observed_at = believed(self._said.moment("date", "dateposix", "lastupdated") or received_at, received_at)
        state = AlertState.of(word)
        group_tags = () if group == WHOLE else kept_tags(group.split(","))
        # The group's come first: the event's may hold those of its host.
        tags = tuple(dict.fromkeys((*group_tags, *self._said.tags("tags", "eventtags"))))
        link = self._about(origin)
        address = f"{link.web_url if link else self._naming.web_url}/monitors/{origin}"
        return Observation(
            source=Source.DATADOG,
            origin=origin,
            group=text(group, LONGEST_GROUP),
            key=group_key(origin, group),
            provisional=provisional,
            state=state,
            word=word,
            observed_at=observed_at,
            resolved_at=observed_at if state is AlertState.OK else None,
            sent_at=received_at,
            title=self._title.name or f"Monitor {origin}",
            message=text(without_frame(self._body), LONGEST_MESSAGE),
            priority=self._priority(),
            service=tag_value(tags, self._naming.service),
            environment=tag_value(tags, self._naming.environment),
            team=tag_value(tags, self._naming.team),
            tags=tags,
            query=self._said.text("alertquery", "query", longest=LONGEST_QUERY),
            links=Links(
                runbook=find_runbook(tags, self._body),
                monitor=address,
                group="" if group == WHOLE else f"{address}?group={quote(text(group, LONGEST_GROUP), safe='')}",
            ),
            # Datadog tells of missing data only where the monitor asks for it.
            asks_no_data=word == NO_DATA,
            cycle_key=self._said.text("alertcyclekey", longest=LONGEST_TAG),
        )

    def _origin(self) -> str:
        given = self._said.text(*_MONITOR, longest=LONGEST_TAG)
        if not given and self._link is None:
            message = f"alert_id: it is missing, and the text has no link to the monitor; {_TEMPLATE}"
            raise InvalidInput(message)
        origin = given or (self._link.monitor if self._link else "")
        if not _ID.fullmatch(origin):
            name = self._said.path(*_MONITOR, otherwise="alert_id")
            raise InvalidInput(f"{name}: {shown(origin)} is no monitor's id; {_TEMPLATE}")
        return origin

    def _word(self) -> str:
        transition = self._said.text("alerttransition", "transition", longest=LONGEST_TAG) or self._title.transition
        if not transition:
            message = f"alert_transition: it is missing, and the title does not say what happened; {_TEMPLATE}"
            raise InvalidInput(message)
        return state_word(transition, self._said.text("alerttype", longest=LONGEST_TAG)) or transition

    def _about(self, origin: str) -> Link | None:
        return self._link if self._link is not None and self._link.monitor == origin else None

    def _group(self, origin: str) -> tuple[str, bool]:
        """Return the group by the name that polling knows it by, and whether that is no more than a guess.

        The link to the monitor has the very name. ``$ALERT_SCOPE`` and the title were seen with the same tags, but
        also with those that the monitor's query filters by. Where none of them says anything, the monitor may have no
        groups, or its notification hides them: the next look at the monitor tells. A synthetic test is one whole,
        whatever locations it names.
        """
        if self._said.text("eventtype", longest=LONGEST_TAG).casefold().startswith("synthetics"):
            return WHOLE, False
        link = self._about(origin)
        scope = self._said.text("alertscope", "scope", "scopes", longest=_LONGEST_BODY)
        for given in (link.group if link else "", scope, self._title.group):
            group = _AFTER_COMMA.sub(",", given.strip())
            if group and group not in (WHOLE, TOTAL) and "..." not in group:
                return group, False
        return WHOLE, True

    def _priority(self) -> int | None:
        found = _PRIORITY.fullmatch(self._said.text("alertpriority", longest=LONGEST_TAG))
        return int(found[1]) if found else self._title.priority
