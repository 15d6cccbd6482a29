"""Sessions: when one is over; and the form of what prolongs them."""

from datetime import timedelta

import pytest

from tests.builders import NOON
from tocsin.domain.access import UserRole
from tocsin.domain.session import LASTS, RefreshToken, Session, session_id_of
from tocsin.domain.user import User

ANN = User(
    id="u1", email="ann@example.com", full_name="Ann", role=UserRole.VIEWER, created_at=NOON, created_by="a test"
)
OPEN = Session(id="5e551044abcdef01", user_id="u1", created_at=NOON, last_used_at=NOON, address="192.0.2.1")
MAC = f"0123abcd.{'m' * 43}"


def test_a_session_goes_on_for_thirty_days_after_its_last_use():
    """To the very moment."""
    assert not OPEN.over(ANN, NOON + LASTS - timedelta(microseconds=1))
    assert OPEN.over(ANN, NOON + LASTS)
    used = OPEN.prolonged(NOON + timedelta(days=29), "")
    assert not used.over(ANN, NOON + LASTS)
    assert (used.generation, used.address) == (2, "192.0.2.1")
    assert OPEN.prolonged(NOON, "192.0.2.2").address == "192.0.2.2"


@pytest.mark.parametrize(
    "user",
    [
        None,
        ANN.model_copy(update={"active": False}),
        ANN.model_copy(update={"verified": False}),
        ANN.model_copy(update={"signed_out_at": NOON}),
        ANN.model_copy(update={"signed_out_at": NOON - timedelta(days=1)}),
    ],
)
def test_a_session_is_over_when_its_person_is_out(user):
    """Whoever does not exist, is not active, or signed out of everything, whatever their clock said then."""
    assert OPEN.over(user, NOON)


def test_a_refresh_token_is_read_as_it_is_written():
    """In its four parts."""
    token = RefreshToken.of(OPEN)._replace(mac=MAC)
    assert str(token) == f"tocsin_refresh_u1.5e551044abcdef01.1_{MAC}"
    assert RefreshToken.read(str(token)) == token
    assert token.text == "u1.5e551044abcdef01.1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tocsin_refresh_",
        f"tocsin_refresh_u1.5e551044abcdef01.0_{MAC}",
        f"tocsin_refresh_u1.5e551044abcdef01.01_{MAC}",
        f"tocsin_refresh_u1.5e551044abcdef01.1_{MAC}x",
        f"tocsin_refresh_u1.5e551044abcdef01.1_{MAC}\n",
        f"tocsin_refresh_u.1.5e551044abcdef01.1_{MAC}",
        f"tocsin_refresh_u1.5e551044abcdef01.1_{'m' * 43}",
        f"tocsin_refresh_{'u' * 65}.5e551044abcdef01.1_{MAC}",
        f"tocsin_recover_u1.5e551044abcdef01.1_{MAC}",
    ],
)
def test_what_is_no_refresh_token_is_told_by_its_form(text):
    """Before anything is computed."""
    assert RefreshToken.read(text) is None


def test_the_id_of_a_session_tells_nothing_of_what_it_was_made_from():
    """It stands in addresses and in the log."""
    assert session_id_of("change-1") != session_id_of("change-2")
    assert len(session_id_of("change-1")) == 16
