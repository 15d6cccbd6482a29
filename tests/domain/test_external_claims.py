"""What an issuer's claims mean here."""

from datetime import UTC, datetime

import pytest

from tocsin.domain.access import UserRole
from tocsin.domain.external import Meaning, issued_at

ROLES = {"oncall": UserRole.RESPONDER, "sre-admins": UserRole.ADMIN, "staff": UserRole.VIEWER}


def read(claim="groups", **claims):
    return Meaning(claim=claim, roles=ROLES).read({"iss": "https://id.example.com", "sub": "1", **claims})


@pytest.mark.parametrize(
    "said, role",
    [
        (["oncall"], UserRole.RESPONDER),
        ("oncall", UserRole.RESPONDER),
        (["staff", "sre-admins", "oncall"], UserRole.ADMIN),
        (["staff", "something else"], UserRole.VIEWER),
        (["Oncall"], None),
        (["oncall "], None),
        ("staff,oncall", None),
        ([["oncall"]], None),
        ([7, None, {"oncall": True}], None),
        ({"oncall": True}, None),
        ([], None),
        (None, None),
        (True, None),
    ],
)
def test_the_highest_role_that_is_known_counts(said, role):
    """Letter by letter; what is not known gives nothing, and takes nothing away."""
    assert read(groups=said).role is role


@pytest.mark.parametrize(
    "claim, claims, found",
    [
        ("realm_access.roles", {"realm_access": {"roles": ["oncall"]}}, True),
        ("realm_access.roles", {"realm_access.roles": ["oncall"]}, True),
        ("https://example.com/roles", {"https://example.com/roles": ["oncall"]}, True),
        ("resource_access.a.b.roles", {"resource_access": {"a.b": {"roles": ["oncall"]}}}, True),
        ("a.b.c", {"a": {"x": 1}, "a.b": {"c": "oncall"}}, True),
        ("realm_access.roles", {"realm_access": ["roles"]}, False),
        ("realm_access.roles", {"realm_access": "roles"}, False),
        ("realm_access.roles", {}, False),
        ("realm_access", {"realm_access": {"roles": ["oncall"]}}, False),
    ],
)
def test_the_role_is_found_at_a_path_whatever_has_dots(claim, claims, found):
    """Keycloak nests its claims; others have dots in a name."""
    assert (read(claim, **claims).role is UserRole.RESPONDER) is found


@pytest.mark.parametrize(
    "claims, verified",
    [
        ({"email_verified": True}, True),
        ({"email_verified": "true"}, True),
        ({"email_verified": False}, False),
        ({"email_verified": "false"}, False),
        ({"email_verified": None}, False),
        ({"email_verified": "yes"}, False),
        ({}, False),
        ({"xms_edov": True}, True),
        ({"xms_edov": "1"}, True),
        ({"xms_edov": False}, False),
        ({"email_verified": False, "xms_edov": True}, False),
    ],
)
def test_an_address_is_verified_where_the_issuer_says_so(claims, verified):
    """In Entra ID's words where there are no others; silence is no."""
    assert read(email="ana@example.com", **claims).verified is verified


@pytest.mark.parametrize("said", ["", "ana", "a@b@c", "x" * 300 + "@example.com", 7, None, ["ana@example.com"]])
def test_what_is_no_address_is_none(said):
    """And then nobody is named by it."""
    told = read(email=said, email_verified=True)
    assert (told.email, told.name) == ("", "https://id.example.com|1")


def test_somebody_is_named_by_an_address_only_if_it_is_theirs():
    """In the audit log nobody appears under another's."""
    assert read(email=" Ana@Example.com", email_verified=True).name == "ana@example.com"
    assert read(email="ana@example.com").name == "https://id.example.com|1"


def test_what_no_store_can_keep_is_replaced():
    """JSON can say half of a character."""
    told = read(name="Ana \ud800", groups=["\udfff"], email="a\ud800@example.com")
    assert (told.full_name, told.values, told.email) == ("Ana ?", ("?",), "a?@example.com")


def test_of_many_values_the_first_are_told():
    """A person in a thousand groups fills no log."""
    told = read(groups=["x" * 500] * 1_000 + ["oncall"])
    assert (len(told.values), len(told.values[0]), told.role) == (20, 100, UserRole.RESPONDER)


def test_when_a_token_was_made_is_a_moment():
    """In UTC."""
    assert issued_at({"iat": 0.5}) == datetime(1970, 1, 1, 0, 0, 0, 500_000, UTC)
    assert issued_at({"iat": "x"}) == datetime(1970, 1, 1, tzinfo=UTC)
