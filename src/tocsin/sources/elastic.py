"""Elastic's alerts: what a Kibana rule (of APM, logs, metrics, SLOs ...) sends through a webhook connector.

Kibana has no body of its own for webhooks: whoever sets up the rule writes one. Ours stands in docs/webhooks.md. Since
templates are written by hand, a value is found by its simplified path: the shape that Kibana itself proposes for other
connectors (``{"rule": {"id": ...}, "alert": {"id": ..., "actionGroup": ...}, "date": ...}``) and flat ones do as well.
The variables are those of elastic.co/guide/en/kibana/current/rule-action-variables.html.
"""

import re
from datetime import datetime

from tocsin.domain.alert import AlertState, Links, Observation, Problem, Push, Source
from tocsin.errors import InvalidInput, MalformedBody

from .bodies import Fields, read_json
from .filled import Filled
from .kept import LONGEST_MESSAGE, LONGEST_NAME, LONGEST_PART, LONGEST_TAG, LONGEST_TITLE
from .naming import TagNames, tag_value
from .outside import text
from .pushed import expiry, first_line, pushed_key
from .runbooks import find_runbook
from .times import believed

RECOVERED = "recovered"
"""The action group of what is over (alerting/common/builtin_action_groups.ts); its name is ``Recovered``."""

_LONGEST_ID = 100_000
_TEMPLATE = "use the body of docs/webhooks.md"
_QUOTES = "In the body of the connector every variable stands in quotes, as in docs/webhooks.md."
_UNSET = frozenset({"", "null", "undefined"})
_PLACEHOLDER = re.compile(r"\{\{.*\}\}")
# What APM says where a rule spans environments, or where a service names none.
_NO_ENVIRONMENT = frozenset({"all", "not defined", "environment_all", "environment_not_defined"})
# Names of action groups that say how bad it is: of SLO burn rates and of thresholds with a warning.
_SEVERITIES = frozenset({"critical", "high", "medium", "low", "warning"})
_NO_DATA = frozenset({"no data", "nodata"})
_OVER = frozenset({RECOVERED, "resolved"})

_RULE = ("ruleid", "kibanaalertruleuuid")
_ALERT = ("alertinstanceid", "kibanaalertinstanceid", "alertid")
_GROUP = ("alertactiongroup", "actiongroup", "kibanaalertactiongroup")
_GROUP_NAME = ("alertactiongroupname", "actiongroupname")
_MESSAGE = (
    *("contextreason", "reason", "kibanaalertreason", "contextmessage"),
    *("message", "contextconditions", "description"),
)
_STATUS = ("status", "state", "alertstatus", "kibanaalertstatus")


def parse(body: bytes, *, received_at: datetime, namespace: str = "default", tags: TagNames | None = None) -> Push:
    """Return what the body says: one alert of one rule.

    ``namespace`` is the sender's: keys live in it. Raises :class:`~tocsin.errors.InvalidInput` for a body that is no
    JSON object; one that lacks what tells alerts apart is a problem that names the field.
    """
    try:
        found = read_json(body)
    except MalformedBody as error:
        raise MalformedBody(str(error), hint=error.hint or _QUOTES) from None
    Fields(found, "the body")
    said = Filled(found, _is_unset)
    return Push(
        source=Source.ELASTIC, received_at=received_at, items=[_item(said, received_at, namespace, tags or TagNames())]
    )


def _item(said: Filled, received_at: datetime, namespace: str, names: TagNames) -> Observation | Problem:
    try:
        return _observation(said, received_at, namespace, names)
    except InvalidInput as error:
        return Problem(origin=said.text(*_RULE, longest=LONGEST_PART), why=str(error))


def _is_unset(value: str) -> bool:
    return value in _UNSET or _PLACEHOLDER.fullmatch(value) is not None


def _observation(said: Filled, received_at: datetime, namespace: str, names: TagNames) -> Observation:
    alert = said.text(*_ALERT, longest=_LONGEST_ID)
    # Kibana 7 called a rule an alert, and an alert an instance of it; it still fills in templates of that time.
    rule = said.text(
        *_RULE, *(("alertid",) if said.text("alertinstanceid", longest=LONGEST_TAG) else ()), longest=_LONGEST_ID
    )
    if not rule:
        raise InvalidInput(f"rule.id: it is missing, and so is what tells rules apart; {_TEMPLATE}")
    if not alert:
        raise InvalidInput(f"alert.id: it is missing, and so is what tells the rule's alerts apart; {_TEMPLATE}")
    word, severity = _state(said)
    state = AlertState.of(word)
    date = said.moment("date", "timestamp", "contexttimestamp", "contextdate")
    observed_at = believed(date or received_at, received_at)
    tags = said.tags("ruletags", "tags", "kibanaalertruletags")
    message = said.text(*_MESSAGE, longest=LONGEST_MESSAGE)
    title = said.text("title", "rulename", "kibanaalertrulename", "alertname", "contexttitle", longest=LONGEST_TITLE)
    return Observation(
        source=Source.ELASTIC,
        origin=text(rule, LONGEST_PART),
        group=text(alert, LONGEST_PART),
        key=pushed_key(namespace, f"{rule}:{alert}"),
        state=state,
        word=word,
        observed_at=observed_at,
        resolved_at=observed_at if state is AlertState.OK else None,
        sent_at=received_at,
        title=title or first_line(message, LONGEST_TITLE) or f"Rule {rule}",
        message=message,
        service=said.text("service", "servicename", "contextservicename", longest=LONGEST_NAME)
        or tag_value(tags, (names.service, "service", "service.name")),
        environment=_environment(said) or tag_value(tags, (*names.environment_labels, "service.environment")),
        team=said.text("team", longest=LONGEST_NAME) or tag_value(tags, names.team_labels),
        tags=tags,
        threshold=said.number("contextthreshold", "threshold"),
        value=said.number("contexttriggervalue", "contextvalue", "triggervalue", "value"),
        asks_no_data=state is AlertState.NO_DATA,
        severity_word=severity,
        links=Links(
            runbook=said.link("runbook", "runbookurl") or find_runbook(tags, message),
            monitor=said.link("ruleurl", "contextviewinappurl", "viewinappurl", "contextlink", "link"),
            group=said.link("contextalertdetailsurl", "alertdetailsurl", "url", "contextviewinappurl"),
        ),
        expires_in=expiry(said.number("expiresin")),
    )


def _state(said: Filled) -> tuple[str, str]:
    """Return the state as a word of ours, and how bad it is in the rule's.

    An action group for missing data exists in a rule only because somebody asked to be told.
    """
    group = said.text(*_GROUP, longest=LONGEST_TAG)
    name = said.text(*_GROUP_NAME, longest=LONGEST_TAG)
    status = said.text(*_STATUS, longest=LONGEST_TAG)
    if not (group or name or status):
        message = f"alert.actionGroup: it is missing, and so is what tells alert and recovery apart; {_TEMPLATE}"
        raise InvalidInput(message)
    words = {word.casefold() for word in (group, name, status) if word}
    if not _OVER.isdisjoint(words):
        return "resolved", ""
    severity = said.text("severity", "contextseverity", longest=LONGEST_TAG)
    if not _NO_DATA.isdisjoint(words) or group.casefold().endswith((".nodata", ".no_data")):
        return "No Data", severity
    return "firing", severity or (name if name.casefold() in _SEVERITIES else "")


def _environment(said: Filled) -> str:
    found = said.text("environment", "env", "contextenvironment", "contextserviceenvironment", longest=LONGEST_NAME)
    return "" if found.casefold() in _NO_ENVIRONMENT else found
