"""How bad it is, and what opens nothing: muted, No Data, first contact. The clock is minutes after noon."""

import pytest

from tests.desk import at, reasons, says


class TestSeverity:
    def test_it_is_the_worst_of_what_fires_and_raised_in_place(self, desk):
        """The second host is worse."""
        desk.sweep(says(1, "Warn", "host:a"))
        desk.minute(1).sweep(says(1, "Warn", "host:a"), says(1, "Alert", "host:b"))
        assert desk.only().severity == "high"

    def test_it_falls_while_nobody_has_acknowledged(self, desk):
        """A machine may lower what no person has looked at."""
        desk.sweep(says(1, "Alert", since=0))
        assert reasons(desk.minute(1).sweep(says(1, "Warn", since=0))) == {"severity_lowered": 1}
        assert desk.only().severity == "medium"

    def test_it_is_never_lowered_by_a_machine_once_acknowledged(self, desk):
        """Whoever works on a high incident keeps a high incident."""
        desk.sweep(says(1, "Alert", since=0))
        desk.service.acknowledge("INC-1001", by="ann")
        desk.minute(1).sweep(says(1, "Warn", since=0))
        assert (desk.only().severity, desk.alert("1:*").severity) == ("high", "medium")

    def test_it_is_pinned_once_a_person_set_it(self, desk):
        """No sweep changes it any more, in either direction."""
        desk.sweep(says(1, "Warn", since=0))
        desk.service.set_severity("INC-1001", "low", by="ann")
        desk.minute(1).sweep(says(1, "Alert", since=0, priority=1))
        assert desk.only().severity == "low"


class TestMuted:
    @pytest.mark.parametrize("field, reason", [("muted", "suppressed_muted"), ("draft", "suppressed_draft")])
    def test_muted_or_draft_opens_nothing(self, desk, field, reason):
        """And says which."""
        assert reasons(desk.sweep(says(1, **{field: True}))) == {reason: 1}
        assert desk.incidents() == []

    def test_unmuted_and_still_alerting_it_opens(self, desk):
        """Muting ended; the problem did not."""
        desk.sweep(says(1, since=0, muted=True))
        assert reasons(desk.minute(5).sweep(says(1, since=0))) == {"opened": 1}

    def test_muting_what_fires_keeps_the_incident_and_holds_its_pages(self, desk):
        """Held while everything that fires is muted."""
        desk.sweep(says(1, since=0))
        assert desk.only().paging
        assert reasons(desk.minute(1).sweep(says(1, since=0, muted=True))) == {"muted": 1}
        assert (desk.only().active, desk.only().paging) == (True, False)
        assert reasons(desk.minute(2).sweep(says(1, since=0))) == {"unmuted": 1}
        assert desk.only().paging

    def test_one_unmuted_alert_is_enough_to_page(self, desk):
        """Only *all* muted holds."""
        desk.sweep(says(1, group="host:a", since=0), says(1, group="host:b", since=0))
        desk.minute(1).sweep(says(1, group="host:a", since=0, muted=True), says(1, group="host:b", since=0))
        assert desk.only().paging

    def test_a_muted_group_does_not_join(self, desk):
        """Nor does it page for the acknowledged incident."""
        desk.sweep(says(1, group="host:a", since=0))
        report = desk.minute(1).sweep(says(1, group="host:a", since=0), says(1, group="host:b", muted=True))
        assert reasons(report) == {"deduplicated": 1, "suppressed_muted": 1}
        assert desk.only().alerts.total == 1


class TestNoData:
    def test_it_opens_only_where_the_monitor_asks(self, desk):
        """At rest, half of an organisation may be in No Data."""
        report = desk.sweep(says(1, "No Data"), says(2, "No Data", asks_no_data=True))
        assert reasons(report) == {"no_data_not_asked": 1, "opened": 1}
        assert desk.only().severity == "low"

    @pytest.mark.parametrize("opens", [True, False])
    def test_a_rule_may_say_otherwise(self, desk, opens):
        """In both directions."""
        desk.with_rules(severities={"rules": [{"state": "no data", "opens": opens, "severity": "medium"}]})
        desk.sweep(says(1, "No Data", asks_no_data=not opens))
        assert [one.severity for one in desk.incidents()] == (["medium"] if opens else [])

    def test_alert_to_no_data_keeps_the_incident_open_and_as_bad(self, desk):
        """Silence is no recovery."""
        desk.sweep(says(1, "Alert", since=0))
        assert reasons(desk.minute(1).sweep(says(1, "No Data", since=1))) == {"kept_no_data": 1}
        assert (desk.only().severity, desk.alert("1:*").firing) == ("high", True)

    def test_muting_what_fell_silent_leaves_it_as_bad_as_it_was(self, desk):
        """What gave the severity is remembered through a change that has nothing to do with it."""
        desk.sweep(says(1, "Alert", since=0))
        desk.minute(1).sweep(says(1, "No Data", since=0, muted=True))
        assert reasons(desk.minute(2).sweep(says(1, "No Data", since=0, muted=True))) == {"kept_no_data": 1}
        assert (desk.only().severity, desk.alert("1:*").word) == ("high", "Alert")

    def test_no_data_to_alert_is_worse(self, desk):
        """The data came back, and they are bad."""
        desk.sweep(says(1, "No Data", since=0, asks_no_data=True))
        desk.minute(1).sweep(says(1, "Alert", since=1))
        assert desk.only().severity == "high"

    def test_no_data_after_an_unseen_recovery_ends_the_alert(self, desk):
        """It recovered, and then data stopped, which nobody wants to be told."""
        desk.sweep(says(1, "Alert", since=0))
        assert reasons(desk.minute(9).sweep(says(1, "No Data", since=8, resolved=5))) == {"recovered": 1}
        assert desk.alert("1:*").ended_at == at(5)

    @pytest.mark.parametrize("word", ["Skipped", "Ignored", "Unknown", "Paused by aliens", ""])
    def test_a_state_that_says_nothing_keeps_what_was_known(self, desk, word):
        """And is counted."""
        desk.sweep(says(1, since=0))
        assert reasons(desk.minute(1).sweep(says(1, word, since=0), says(2, word))) == {"kept_unknown_state": 2}
        assert desk.alert("1:*").firing


class TestFirstContact:
    @pytest.mark.parametrize(
        "selection",
        [
            {"include_tags": ["team:web"]},
            {"exclude_tags": ["TEAM:core"]},
            {"include_environments": ["staging"]},
            {"exclude_environments": ["Prod"]},
            {"least_priority": 2},
            {"oldest": "PT1H"},
        ],
    )
    def test_what_is_not_selected_opens_nothing(self, desk, selection):
        """By tag, environment, priority and age."""
        desk.with_rules(selection=selection)
        seen = says(1, since=-120, tags=("team:core",), priority=3)
        assert reasons(desk.sweep(seen)) == {"not_selected": 1}

    def test_what_has_opened_is_followed_to_its_end_selected_or_not(self, desk):
        """The selection may change while it burns."""
        desk.sweep(says(1, since=0))
        desk.with_rules(selection={"include_tags": ["team:web"]})
        assert reasons(desk.minute(1).sweep(says(1, since=0))) == {"deduplicated": 1}
        assert reasons(desk.minute(2).sweep(says(1, "OK", resolved=2))) == {"recovered": 1}

    def test_adopting_records_what_fires_and_pages_nobody(self, desk):
        """First contact with an organisation that has been burning for weeks."""
        report = desk.sweep(says(1, since=-9000), adopt=True)
        assert reasons(report) == {"adopted": 1}
        assert (desk.only().cycles, desk.only().paging) == (0, False)

    def test_adopting_once_more_pages_nobody_for_what_a_mute_held(self, desk):
        """Whoever adopts wants to hear of nothing that is there already; the next sweep tells."""
        desk.sweep(says(1, since=0))
        desk.minute(1).sweep(says(1, since=0, muted=True))
        desk.minute(2).sweep(says(1, since=0), adopt=True)
        assert desk.only().cycles == 1
        desk.minute(3).sweep(says(1, since=0, priority=2))
        assert desk.only().paging

    def test_an_adopted_incident_pages_when_a_second_host_fails(self, desk):
        """Adoption silences what was there, not what comes."""
        desk.sweep(says(1, group="host:a", since=-9000), adopt=True)
        desk.minute(1).sweep(says(1, group="host:a", since=-9000), says(1, group="host:b", since=1))
        assert desk.only().paging

    def test_an_adopted_incident_pages_when_it_gets_worse(self, desk):
        """Warn was adopted; Alert was not."""
        desk.sweep(says(1, "Warn", since=-9000), adopt=True)
        desk.minute(1).sweep(says(1, "Alert", since=-9000))
        assert desk.only().paging
