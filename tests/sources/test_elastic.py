"""Elastic's alerts as a template of Kibana's makes them: known by rule and alert, over when they recovered."""

import pytest

from tests.sources.bodies import ABSENT, ARRIVED, BEGAN, changed, complaint, encoded, kibana_alert, only, stamp
from tocsin.domain.alert import AlertState, Observation, Source
from tocsin.errors import InvalidInput, MalformedBody
from tocsin.sources.elastic import parse
from tocsin.sources.naming import TagNames


def read(body: object, **how: object):
    return parse(encoded(body), received_at=ARRIVED, **how)


def one(**changes: object) -> Observation:
    return only(read(kibana_alert(**changes)))


def inside(name: str, /, **changes: object) -> dict:
    return {name: changed(kibana_alert()[name], **changes)}


def test_an_alert_of_apm_finds_its_place():
    """Its service and environment, how far it went, and links to look at it."""
    seen = one()
    assert (seen.source, seen.state, seen.word) == (Source.ELASTIC, AlertState.ALERT, "firing")
    assert (seen.key, seen.origin, seen.group) == ("default:5f6a:shop_prod", "5f6a", "shop_prod")
    assert seen.title == "Shop: too many errors"
    assert seen.message.startswith("Error count is 26")
    assert (seen.service, seen.environment, seen.team) == ("shop", "prod", "web")
    assert (seen.value, seen.threshold, seen.tags) == (26.0, 25.0, ("apm", "team:web"))
    assert (seen.observed_at, seen.sent_at, seen.resolved_at) == (BEGAN, ARRIVED, None)
    assert seen.links.monitor == "https://kibana.example.com/rule/5f6a"
    assert seen.links.group == "https://kibana.example.com/alerts/1"
    assert (seen.severity_word, seen.expires_in, seen.names_episodes) == ("", None, False)


def test_the_recovered_action_group_is_the_resolve():
    """Of the same key; its context is mostly empty."""
    over = {"actionGroup": "recovered", "actionGroupName": "Recovered"}
    context = dict.fromkeys(kibana_alert()["context"], "")
    seen = one(**inside("alert", **over), context=context, date=stamp(ARRIVED))
    assert (seen.key, seen.state, seen.word) == (one().key, AlertState.OK, "resolved")
    assert seen.resolved_at == seen.observed_at == ARRIVED


@pytest.mark.parametrize(
    "alert",
    [
        {"actionGroup": "recovered", "actionGroupName": ABSENT},
        {"actionGroup": "", "actionGroupName": "Recovered"},
        {"actionGroup": "{{alert.actionGroup}}", "actionGroupName": "RECOVERED"},
    ],
)
def test_either_name_of_the_group_tells_a_recovery(alert):
    """Its id, or what people call it."""
    assert one(**inside("alert", **alert)).state is AlertState.OK


@pytest.mark.parametrize("status", ["recovered", "Resolved"])
def test_a_fixed_status_tells_a_recovery_of_another_name(status):
    """A few kinds of rules call theirs otherwise."""
    assert one(**inside("alert", actionGroup="notGeoContained"), status=status).state is AlertState.OK


@pytest.mark.parametrize(
    "group, name, state, severity",
    [
        ("metrics.threshold.fired", "Alert", AlertState.ALERT, ""),
        ("metrics.threshold.warning", "Warning", AlertState.ALERT, "Warning"),
        ("slo.burnRate.alert", "Critical", AlertState.ALERT, "Critical"),
        ("slo.burnRate.low", "Low", AlertState.ALERT, "Low"),
        ("metrics.threshold.nodata", "No Data", AlertState.NO_DATA, ""),
        ("custom_threshold.nodata", "", AlertState.NO_DATA, ""),
        ("", "No Data", AlertState.NO_DATA, ""),
    ],
)
def test_action_groups_say_what_is_the_matter(group, name, state, severity):
    """How bad it is, or that data are missing, which a rule only tells if it was asked to."""
    seen = one(**inside("alert", actionGroup=group, actionGroupName=name))
    assert (seen.state, seen.severity_word) == (state, severity)
    assert seen.asks_no_data is (state is AlertState.NO_DATA)


def test_fixed_texts_go_before_what_the_rule_says():
    """Whoever writes the body knows best."""
    seen = one(
        severity="high",
        service="checkout",
        environment="live",
        team="pay",
        runbook="https://w/1",
        expires_in="3600",
        title="T",
        **inside("alert", actionGroupName="Critical"),
    )
    assert (seen.severity_word, seen.service, seen.environment, seen.team) == ("high", "checkout", "live", "pay")
    assert (seen.links.runbook, seen.expires_in, seen.title) == ("https://w/1", 3600.0, "T")


def test_tags_say_whose_it_is_where_the_context_does_not():
    """By the settings' names, or by Elastic's own."""
    bare = {"context": {}}
    rule = inside("rule", tags="service.name:shop, service.environment:prod ,team:web")
    seen = one(**bare, **rule)
    assert (seen.service, seen.environment, seen.team) == ("shop", "prod", "web")
    tags = TagNames(service="app", environment="stage", team="crew")
    seen = only(read(kibana_alert(**bare, **inside("rule", tags=["app:a", "stage:b", "crew:c"])), tags=tags))
    assert (seen.service, seen.environment, seen.team, seen.tags) == ("a", "b", "c", ("app:a", "stage:b", "crew:c"))


@pytest.mark.parametrize("environment", ["All", "Not defined", "ENVIRONMENT_ALL", "ENVIRONMENT_NOT_DEFINED"])
def test_apms_words_for_no_environment_are_none(environment):
    """They name no place."""
    assert one(**inside("context", environment=environment)).environment == ""


def test_variables_without_a_value_count_as_absent():
    """Empty, null, or still in braces, as the test of a connector sends them."""
    for unset in ("", None, "null", "undefined", "{{context.reason}}", "{{{context.reason}}}", ABSENT):
        context = changed({}, **dict.fromkeys(kibana_alert()["context"], unset))
        seen = one(context=context, date=unset, **inside("rule", tags=unset))
        assert (seen.message, seen.service, seen.value, seen.tags) == ("", "", None, ())
        assert (seen.observed_at, seen.links.group) == (ARRIVED, "")


def test_the_shape_that_kibana_proposes_for_other_connectors_is_read():
    """As its ServiceNow ITOM and Torq actions begin: no context of ours, and a group by its id."""
    body = {
        "alert": {"id": "a", "actionGroup": "query matched", "actionSubgroup": "", "actionGroupName": "Query matched"},
        "rule": {"id": "r", "name": "Logs", "type": ".es-query"},
        "date": stamp(BEGAN),
    }
    seen = only(read(body))
    assert (seen.key, seen.title, seen.observed_at, seen.state) == ("default:r:a", "Logs", BEGAN, AlertState.ALERT)


def test_flat_templates_are_read():
    """However they spell the paths."""
    body = {
        "ruleId": "r",
        "rule_name": "Logs",
        "alert.id": "a",
        "ACTION_GROUP": "recovered",
        "reason": "gone",
        "url": "https://k/1",
    }
    seen = only(read(body))
    assert (seen.key, seen.title, seen.message, seen.state) == ("default:r:a", "Logs", "gone", AlertState.OK)
    assert seen.links.group == "https://k/1"


def test_numbers_are_read_from_texts_and_as_numbers():
    """What is none is left out."""
    for given, value in [("26", 26.0), (26, 26.0), ("1e3", 1_000.0), ("26 %", None), ("nan", None), (True, None)]:
        assert one(**inside("context", triggerValue=given)).value == value


def test_a_title_is_found_somewhere():
    """The rule's name, the reason, or the rule's id."""
    nameless = inside("rule", name="")
    assert one(**nameless).title.startswith("Error count is 26")
    assert one(**nameless, context={}).title == "Rule 5f6a"


def test_keys_tell_rules_and_alerts_and_name_spaces_apart():
    """Long ones are hashed."""
    keys = {
        one().key,
        one(**inside("rule", id="r2")).key,
        one(**inside("alert", id="a2")).key,
        only(read(kibana_alert(), namespace="eu")).key,
        one(**inside("alert", id="x" * 2_000 + "1")).key,
        one(**inside("alert", id="x" * 2_000 + "2")).key,
    }
    assert len(keys) == 6
    assert all(len(key.encode()) <= 512 for key in keys)


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"rule": ABSENT}, "rule.id: it is missing"),
        (inside("rule", id="{{rule.id}}"), "rule.id: it is missing"),
        (inside("alert", id=""), "alert.id: it is missing"),
        ({"alert": {"id": "a"}}, "alert.actionGroup: it is missing"),
        ({"date": "today"}, "date: this is no moment"),
        ({"date": "", "@timestamp": "today"}, "@timestamp: this is no moment"),
        ({"date": ABSENT, "context": {"date": "today"}}, "context.date: this is no moment"),
        ({"date": "2026-03-02T11:50:00"}, "date: its time zone is missing"),
        ({"expires_in": "10"}, "expires_in: it should be a number of seconds from 60"),
    ],
)
def test_what_is_needed_and_missing_is_named(changes, says):
    """With where the right body stands."""
    why = complaint(read(kibana_alert(**changes)))
    assert why.startswith(says)
    assert "it is missing" not in why or why.endswith("docs/webhooks.md")


def test_an_alert_as_elasticsearch_keeps_it_is_read():
    """Every field a list of one, under the names of the alerts' index."""
    seen = only(
        read(
            {
                "@timestamp": [stamp(BEGAN)],
                "kibana.alert.rule.uuid": ["5f6a"],
                "kibana.alert.rule.name": ["Shop: too many errors"],
                "kibana.alert.instance.id": ["shop_prod"],
                "kibana.alert.reason": ["Error count is 26 in the last 5 min"],
                "kibana.alert.action_group": ["threshold_met"],
                "kibana.alert.rule.tags": ["apm", "team:web"],
                "service.name": ["shop"],
                "kibana.alert.status": ["active"],
            }
        )
    )
    assert (seen.key, seen.state, seen.observed_at) == (one().key, AlertState.ALERT, BEGAN)
    assert (seen.title, seen.message) == ("Shop: too many errors", "Error count is 26 in the last 5 min")
    assert (seen.service, seen.team, seen.tags) == ("shop", "web", ("apm", "team:web"))


def test_a_template_of_kibana_7_is_read():
    """A rule was called an alert then, and an alert an instance of it."""
    old = {"alertId": "5f6a", "alertName": "Shop", "alertInstanceId": "shop_prod", "alertActionGroup": "recovered"}
    seen = only(read(old))
    assert (seen.key, seen.title, seen.state) == (one().key, "Shop", AlertState.OK)


def test_a_body_that_is_no_json_comes_with_what_to_look_at():
    """A variable without quotes, mostly: a number that is missing leaves nothing behind."""
    with pytest.raises(MalformedBody) as refused:
        parse(b'{"rule": {"id": "r"}, "context": {"value": }}', received_at=ARRIVED)
    assert "quotes" in refused.value.hint
    with pytest.raises(MalformedBody) as refused:
        parse(b"{&quot;rule&quot;: {}}", received_at=ARRIVED)
    assert "HTML" in refused.value.hint


@pytest.mark.parametrize("body", [None, [], "x", 5])
def test_a_body_that_is_no_object_is_refused(body):
    """As a whole."""
    with pytest.raises(InvalidInput, match=r"^the body: it is .*; it should be an object$"):
        read(body)
