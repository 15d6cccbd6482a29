"""Who may do what: of roles each includes the one before, of scopes some include others."""

import pytest

from tocsin.domain.access import ADMINISTER, ANYBODY, PUSH, READ, SELF, WRITE, Principal, Scope, UserRole

PEOPLE = {role: Principal("user:7", "ana@example.com", role=role) for role in UserRole}
KEYS = {scope: Principal("key:7", "bot", scopes=frozenset({scope})) for scope in Scope}


@pytest.mark.parametrize(
    "access, roles, scopes",
    [
        (ANYBODY, "viewer responder admin", "alerts:write incidents:read incidents:write admin"),
        (SELF, "viewer responder admin", ""),
        (READ, "viewer responder admin", "incidents:read incidents:write admin"),
        (WRITE, "responder admin", "incidents:write admin"),
        (PUSH, "responder admin", "alerts:write admin"),
        (ADMINISTER, "admin", "admin"),
    ],
)
def test_each_kind_of_request_is_for_some(access, roles, scopes):
    """And for nobody else."""
    assert [role for role, one in PEOPLE.items() if access.admits(one)] == roles.split()
    assert [scope for scope, one in KEYS.items() if access.admits(one)] == scopes.split()
    assert access.admits(None) is (access is ANYBODY)


def test_one_scope_that_fits_is_enough():
    """Of several; none that fits is none."""
    both = frozenset({Scope.ALERTS_WRITE, Scope.INCIDENTS_READ})
    assert READ.admits(Principal("key:7", "bot", scopes=both))
    assert not WRITE.admits(Principal("key:7", "bot", scopes=both))
    assert not READ.admits(Principal("key:7", "bot"))


def test_what_only_keys_may_people_may_not():
    """Whatever their role."""
    assert not READ._replace(role=None).admits(PEOPLE[UserRole.ADMIN])


def test_timelines_tell_people_from_keys():
    """And only people have an id as such."""
    ana, bot = PEOPLE[UserRole.VIEWER], KEYS[Scope.ADMIN]
    assert (ana.by, ana.user_id) == ("ana@example.com", "7")
    assert (bot.by, bot.user_id) == ("key:bot", "")
