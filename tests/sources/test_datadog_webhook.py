"""Datadog's webhook says what a poll would have said, of the same alert."""

from datetime import timedelta

import pytest

from tests.sources import monitors
from tests.sources.bodies import (
    ABSENT,
    ARRIVED,
    BEGAN,
    EDIT,
    STATUS,
    complaint,
    datadog_notification,
    encoded,
    only,
)
from tocsin.domain.alert import AlertState, Observation, Source
from tocsin.errors import InvalidInput, MalformedBody
from tocsin.sources.datadog_event import Title, monitor_link, title_parts, without_frame
from tocsin.sources.datadog_webhook import parse
from tocsin.sources.naming import TagNames

DEFAULT_PAYLOAD = {
    "id": "8544055141553603107",
    "last_updated": str(int(BEGAN.timestamp() * 1000)),
    "event_type": "query_alert_monitor",
    "title": "[P2] [Triggered on {host:web-1,env:prod}] Shop: orders take too long",
    "date": str(int(BEGAN.timestamp() * 1000)),
    "org": {"id": "9999999", "name": "example"},
    "body": f"%%%\nOrders take 4.2 s.\n\n- - -\n\n{STATUS} · {EDIT}\n%%%",
}


def read(body: object, **how: object):
    return parse(encoded(body), received_at=ARRIVED, **how)


def one(**changes: object) -> Observation:
    return only(read(datadog_notification(**changes)))


def test_a_notification_finds_its_place():
    """Every variable of our template has its field."""
    seen = one()
    assert (seen.source, seen.state, seen.word) == (Source.DATADOG, AlertState.ALERT, "Alert")
    assert (seen.origin, seen.group, seen.key) == ("101", "host:web-1,env:prod", "101:host:web-1,env:prod")
    assert (seen.title, seen.priority, seen.cycle_key) == ("Shop: orders take too long", 2, "7402390237209")
    assert seen.message == "Orders take 4.2 s. Runbook: https://wiki.example.com/orders"
    assert (seen.service, seen.environment, seen.team) == ("shop", "prod", "web")
    assert seen.tags == ("host:web-1", "env:prod", "monitor", "service:shop", "team:web", "env:staging")
    assert seen.query.startswith("avg(last_5m):avg:shop.order.seconds")
    assert (seen.observed_at, seen.sent_at, seen.resolved_at) == (BEGAN, ARRIVED, None)
    assert seen.links.runbook == "https://wiki.example.com/orders"
    assert seen.links.group == "https://app.datadoghq.com/monitors/101?group=host%3Aweb-1%2Cenv%3Aprod"
    assert (seen.provisional, seen.names_episodes, seen.asks_no_data) == (False, False, False)


def test_a_webhook_and_a_poll_speak_of_one_alert():
    """Same key, title, links, and severity to be judged by; whose it is, too."""
    tags = ["service:shop", "team:web", "env:staging"]
    polled = monitors.one(monitors.monitor(101, "Alert", {"host:web-1,env:prod": "Alert"}, tags=tags))
    for name in (
        "source",
        "origin",
        "group",
        "key",
        "state",
        "word",
        "title",
        "priority",
        "service",
        "environment",
        "team",
    ):
        assert getattr(one(), name) == getattr(polled, name), name
    assert (one().links.monitor, one().links.group) == (polled.links.monitor, polled.links.group)


def test_a_webhook_and_a_poll_of_a_simple_monitor_speak_of_one_alert():
    """Its only group is the whole."""
    polled = monitors.one(monitors.monitor(101, "Alert", {"*": "Alert"}))
    body = "%%%\nx\n\n[[Monitor Status](https://app.datadoghq.com/monitors/101?from_ts=1)]\n%%%"
    seen = one(alert_scope="", body=body, alert_title="[Triggered] x", event_title="[Triggered] x")
    assert (seen.key, seen.group, seen.links) == (polled.key, polled.group, polled.links)
    assert seen.provisional


@pytest.mark.parametrize(
    "transition, alert_type, word, state",
    [
        ("Triggered", "error", "Alert", AlertState.ALERT),
        ("Re-Triggered", "error", "Alert", AlertState.ALERT),
        ("Warn", "warning", "Warn", AlertState.WARN),
        ("Re-Warn", "warning", "Warn", AlertState.WARN),
        ("No Data", "error", "No Data", AlertState.NO_DATA),
        ("Re-No Data", "error", "No Data", AlertState.NO_DATA),
        ("re-no  data ", "", "No Data", AlertState.NO_DATA),
        ("Recovered", "success", "OK", AlertState.OK),
        ("Warn Recovered", "success", "OK", AlertState.OK),
        ("No Data Recovered", "info", "OK", AlertState.OK),
        ("Renotify", "error", "Alert", AlertState.ALERT),
        ("Renotify", "warning", "Warn", AlertState.WARN),
        ("Renotify", "info", "Renotify", AlertState.UNKNOWN),
        ("Renotify", "$ALERT_TYPE", "Renotify", AlertState.UNKNOWN),
        ("Escalated", "error", "Escalated", AlertState.UNKNOWN),
        ("Recovered to Warn", "warning", "Recovered to Warn", AlertState.UNKNOWN),
    ],
)
def test_transitions_lead_to_states(transition, alert_type, word, state):
    """What ends in Recovered is over; what is not known keeps what was known."""
    seen = one(alert_transition=transition, alert_type=alert_type)
    assert (seen.word, seen.state) == (word, state)
    assert seen.resolved_at == (BEGAN if state is AlertState.OK else None)
    assert seen.asks_no_data is (state is AlertState.NO_DATA)


def test_the_link_to_the_monitor_names_the_group():
    """By the very name that polling has; the scope may hold what the query filters by."""
    seen = one(alert_scope="host:web-1,env:prod,role:front", alert_title="[Triggered on {host:web-1}] x")
    assert (seen.group, seen.provisional) == ("host:web-1,env:prod", False)


def test_without_the_link_the_scope_names_the_group():
    """As Datadog's documents write it, with blanks."""
    seen = one(body="Orders take long", alert_scope="host:web-1, env:prod")
    assert (seen.key, seen.provisional) == ("101:host:web-1,env:prod", False)
    assert seen.links.monitor == "https://app.datadoghq.com/monitors/101"


def test_without_both_the_title_names_the_group():
    """Unless it was left out of the title."""
    assert one(body="x", alert_scope="$ALERT_SCOPE").key == "101:host:web-1,env:prod"
    seen = one(body="x", alert_scope="null", alert_title="[Triggered] x", event_title="")
    assert (seen.key, seen.provisional, seen.title) == ("101:*", True, "x")


@pytest.mark.parametrize("scope", ["*", "total", "", "null", "ALERT_SCOPE", "host:...,url:..."])
def test_a_scope_that_names_no_group_is_provisional(scope):
    """The next look at the monitor knows better."""
    seen = one(body="x", alert_scope=scope, alert_title="x", event_title="x", alert_transition="Triggered")
    assert (seen.group, seen.provisional) == ("*", True)


def test_a_synthetic_test_is_one_whole():
    """As polling has it, whatever locations the notification names."""
    seen = one(event_type="synthetics_alert", alert_scope="location:aws:eu-central-1")
    assert (seen.key, seen.provisional, seen.links.group) == ("101:*", False, "")


def test_a_link_to_another_monitor_says_nothing_of_this_one():
    """Neither its group nor its site."""
    other = "[[Monitor Status](https://us5.datadoghq.com/monitors/999?group=host%3Ax)]"
    seen = one(body=f"see {other}", alert_scope="host:y")
    assert (seen.key, seen.links.monitor) == ("101:host:y", "https://app.datadoghq.com/monitors/101")


def test_links_lead_to_the_site_that_sent():
    """To the one in the notification, or else to the one that is set; never to a stranger's."""
    status = "[[Monitor Status](https://{}/monitors/101?group=host%3Ay)]"
    assert one(body=status.format("acme.datadoghq.eu")).links.monitor == "https://acme.datadoghq.eu/monitors/101"
    seen = only(read(datadog_notification(body="x"), site="us3.datadoghq.com"))
    assert seen.links.monitor == "https://us3.datadoghq.com/monitors/101"
    seen = one(body=status.format("datadoghq.com.evil.example"))
    assert (seen.links.monitor, seen.group) == ("https://app.datadoghq.com/monitors/101", "host:web-1,env:prod")


def test_the_default_payload_is_enough_where_its_text_has_the_link():
    """Monitor and group from the link; what happened, and how bad it is, from the title."""
    seen = only(read(DEFAULT_PAYLOAD))
    assert (seen.key, seen.word, seen.priority) == ("101:host:web-1,env:prod", "Alert", 2)
    assert (seen.title, seen.message) == ("Shop: orders take too long", "Orders take 4.2 s.")
    assert (seen.observed_at, seen.environment, seen.provisional) == (BEGAN, "prod", False)
    seen = only(read({**DEFAULT_PAYLOAD, "title": "[Recovered] Shop: orders take too long"}))
    assert (seen.key, seen.state) == ("101:host:web-1,env:prod", AlertState.OK)


def test_a_default_payload_without_the_link_says_what_to_do():
    """It names no monitor."""
    why = complaint(read({**DEFAULT_PAYLOAD, "body": "Orders take 4.2 s."}))
    assert why.startswith("alert_id: it is missing, and the text has no link to the monitor")
    assert why.endswith("docs/webhooks.md")
    why = complaint(read({**DEFAULT_PAYLOAD, "title": "Shop"}))
    assert why.startswith("alert_transition: it is missing")


def test_other_templates_are_read():
    """As others put it: nested, in capitals, without underscores, numbers without quotes, a list of tags."""
    nested = {"alert": {"alert_id": "101", "alert_scope": "host:a", "alert_transition": "Warn"}, "title": "T"}
    assert (only(read(nested)).key, only(read(nested)).word) == ("101:host:a", "Warn")
    loud = {"ALERT_ID": 101, "ALERT_SCOPE": "host:a", "ALERT_TRANSITION": "Triggered", "TAGS": ["team:x"], "DATE": 0}
    seen = only(read(loud))
    assert (seen.key, seen.team, seen.observed_at, seen.title) == ("101:host:a", "x", ARRIVED, "Monitor 101")
    run_on = {"alertid": "101", "scope": "host:a", "alerttransition": "Recovered", "alerttype": "success"}
    assert only(read(run_on)).state is AlertState.OK


@pytest.mark.parametrize("unset", ["", "null", None, "ALERT_PRIORITY", "$ALERT_PRIORITY", " ", ABSENT])
def test_unset_variables_count_as_absent(unset):
    """Empty, null, or their own name, with the dollar or without."""
    seen = one(
        alert_priority=unset,
        event_title=unset,
        alert_cycle_key=unset,
        alert_query=unset,
        tags=unset,
        date=unset,
        link=unset,
    )
    assert (seen.priority, seen.cycle_key, seen.query, seen.observed_at) == (None, "", "", ARRIVED)
    assert seen.tags == ("host:web-1", "env:prod")


def test_tags_and_settings_say_whose_it_is():
    """The group's tags first; names as set."""
    tags = TagNames(service="app", environment="stage", team="crew")
    seen = only(read(datadog_notification(alert_scope="app:a", body="x", tags="app:b,stage:live,crew:blue"), tags=tags))
    assert (seen.service, seen.environment, seen.team) == ("a", "live", "blue")
    assert one(tags="environment:qa", alert_scope="host:x", body="x").environment == "qa"


def test_the_times_are_datadogs_within_reason():
    """The event's, or when it was last updated; never far ahead."""
    assert one(date="", last_updated=str(int(BEGAN.timestamp()) * 1000)).observed_at == BEGAN
    ahead = str(int((ARRIVED + timedelta(hours=1)).timestamp() * 1000))
    assert one(date=ahead).observed_at == ARRIVED
    assert complaint(read(datadog_notification(date="yesterday"))).startswith("date: this is no moment")


def test_long_groups_have_the_key_that_polling_has():
    """Hashed over 512 bytes."""
    group = ",".join(f"tag{number}:{'v' * 40}" for number in range(40))
    polled = monitors.one(monitors.monitor(101, "Alert", {group: "Alert"}))
    seen = one(body="x", alert_scope=group)
    assert (seen.key, seen.group) == (polled.key, polled.group)


@pytest.mark.parametrize("given", ["0", "-5", "12.5", "host-1", "1" * 20, "\uff10"])
def test_an_id_that_no_monitor_has_is_named(given):
    """Nothing can be polled by it."""
    push = read(datadog_notification(alert_id=given))
    assert complaint(push).startswith("alert_id: ")
    assert push.items[0].origin == given


def test_a_field_is_called_as_the_body_calls_it():
    """Wherever the template has it, and by whichever of its names."""
    nested = {"alert": {"alert_id": "host-1", "alert_transition": "Warn"}}
    assert complaint(read(nested)).startswith("alert.alert_id: 'host-1' is no monitor's id")
    renamed = {"monitor_id": "host-1", "alert_id": "$ALERT_ID", "alert_transition": "Warn"}
    assert complaint(read(renamed)).startswith("monitor_id: ")
    late = {**DEFAULT_PAYLOAD, "date": "$DATE", "last_updated": "yesterday"}
    assert complaint(read(late)).startswith("last_updated: this is no moment")


def test_a_body_that_is_no_json_object_is_refused():
    """With what to look for in Datadog."""
    with pytest.raises(InvalidInput, match=r"^the body: it is a list"):
        read([])
    with pytest.raises(MalformedBody) as refused:
        parse(b"payload=%7B%7D", received_at=ARRIVED)
    assert "Encode as form" in refused.value.hint


@pytest.mark.parametrize(
    "title, parts",
    [
        ("[Triggered on {host:h1}] Monitor Title", Title("Monitor Title", "Triggered", "host:h1")),
        ("[P4] [Re-Triggered] [Synthetics] API Test", Title("[Synthetics] API Test", "Re-Triggered", "", 4)),
        ("[No Data on {a:b,c:d}] x", Title("x", "No Data", "a:b,c:d")),
        ("[Recovered] [prod] x", Title("[prod] x", "Recovered")),
        ("[prod] x", Title("[prod] x")),
        ("[P1] x", Title("[P1] x")),
        ("x [Triggered]", Title("x [Triggered]")),
        ("", Title("")),
    ],
)
def test_titles_are_taken_apart(title, parts):
    """What is no transition belongs to the name."""
    assert title_parts(title) == parts


@pytest.mark.parametrize(
    "address, found",
    [
        ("https://app.datadoghq.com/monitors/7?group=host%3Aa&from_ts=1", ("https://app.datadoghq.com", "7", "host:a")),
        ("https://app.datadoghq.com/monitors#7?group=host%3Aa", ("https://app.datadoghq.com", "7", "host:a")),
        ("https://app.datadoghq.com/monitors#7/edit", ("https://app.datadoghq.com", "7", "")),
        ("https://us5.datadoghq.com/monitors/7?a=1&amp;group=%40c%3AX", ("https://us5.datadoghq.com", "7", "@c:X")),
        ("https://app.ddog-gov.com/monitors/7", ("https://app.ddog-gov.com", "7", "")),
        ("https://app.datadoghq.com/monitors/7x", None),
        ("https://evil.example/monitors/7", None),
        ("javascript:/monitors/7", None),
        ("", None),
    ],
)
def test_links_to_monitors_are_understood(address, found):
    """The newer and the older form, on Datadog's own sites."""
    assert monitor_link(f"text [[Monitor Status]({address})] more") == found


def test_of_several_links_the_last_one_is_datadogs():
    """What a person wrote comes before; the edit link stands in for the other."""
    link = "[Monitor Status](https://app.datadoghq.com/monitors/{})"
    assert monitor_link(link.format(1) + link.format(2)).monitor == "2"
    assert monitor_link("[Edit Monitor](https://app.datadoghq.com/monitors/3/edit)").monitor == "3"
    assert monitor_link("[my monitor](https://app.datadoghq.com/monitors/4)") is None


def test_the_frame_around_a_message_is_taken_off():
    """A person's own lines stay."""
    assert (
        without_frame("%%%\na\n\n- - -\nb\n\n- - -\n\n[[Monitor Status](x)] · [[Edit Monitor](y)]\n%%%")
        == "a\n\n- - -\nb"
    )
    assert without_frame("a\n- - -\nb") == "a\n- - -\nb"
