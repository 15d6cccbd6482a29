"""The notification rules of people, on every backend."""

import pytest

from tests.reach import BOSS, Reached
from tests.services.test_losing_races import Between
from tocsin.domain.contact import ChannelKind
from tocsin.domain.notification_rules import ACCOUNT, NotificationRules, Rule, Step
from tocsin.domain.severity import Severity
from tocsin.errors import Conflict, InvalidInput, PreconditionFailed

PHONE = {"number": "+49301234567"}


@pytest.fixture
def town(any_store):
    made = Reached(any_store)
    made.ann = made.person(time_zone="Europe/Madrid")
    made.phone = made.contacts.add(made.ann, ChannelKind.SMS, PHONE, actor=BOSS)
    return made


def rules(*contacts, **more):
    steps = tuple(Step(contact=one) for one in contacts)
    return NotificationRules(rules=(Rule(severities=(Severity.HIGH,), steps=steps),), **more)


def test_who_chose_nothing_has_rules_that_choose_nothing(town):
    """In their own time zone."""
    assert town.rules.of(town.ann) == NotificationRules()
    assert town.rules.in_force(town.ann).time_zone == "Europe/Madrid"


def test_rules_are_put_in_the_place_of_those_before(town):
    """It is on record; the same again writes nothing."""
    chosen = rules(town.phone.id, ACCOUNT, time_zone="Asia/Tokyo", account_email=False)
    first = town.rules.put(town.ann, chosen, actor=BOSS)
    assert (first.version, first.rules) == (1, chosen.rules)
    assert town.rules.of(town.ann) == first == town.rules.put(town.ann, chosen, actor=BOSS)
    assert town.rules.in_force(town.ann).time_zone == "Asia/Tokyo"
    assert town.log()[-1][:2] == ("notification_rules_changed", "user:ann@example.com")
    second = town.rules.put(town.ann, NotificationRules(), actor=BOSS, expected=1)
    assert (second.version, second.rules, second.account_email) == (2, (), True)


def test_rules_name_ones_own_contacts(town):
    """Nobody is told where somebody else is, and nothing is misspelt."""
    bo = town.person("bo@example.com")
    with pytest.raises(InvalidInput, match=r"bo@example\.com has no contact"):
        town.rules.put(bo, rules(town.phone.id), actor=BOSS)
    with pytest.raises(InvalidInput, match="is no time zone"):
        town.rules.put(bo, NotificationRules(time_zone="Mars"), actor=BOSS)


def test_of_two_who_change_rules_the_second_looks_again(town):
    """Also where both do at the same moment."""
    town.rules.put(town.ann, rules(ACCOUNT), actor=BOSS, expected=0)
    with pytest.raises(PreconditionFailed, match="were changed since you looked"):
        town.rules.put(town.ann, NotificationRules(), actor=BOSS, expected=0)
    rival = lambda: town.rules.put(town.ann, rules(town.phone.id), actor=BOSS)
    late = Reached(Between(town.store, rival), before=town, name="late")
    with pytest.raises(Conflict, match="somebody else changed"):
        late.rules.put(town.ann, NotificationRules(), actor=BOSS)
